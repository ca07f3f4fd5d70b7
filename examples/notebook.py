"""An experiment in cells, for a notebook (VS Code and Jupyter open `# %%` files) or as a script:

python jobs/pipeline.py configs/demo.yaml
python examples/notebook.py configs/demo.yaml
"""

# %% Where the experiment stands
import sys

import numpy as np
import pandas as pd

import raykd

experiment = raykd.load(sys.argv[1] if len(sys.argv) > 1 else "configs/demo.yaml")
print(experiment.status()[["name", "state", "seconds"]].to_string())

# %% Stages run on a Ray that you have started; what is done is not done again
# import ray; ray.init(); experiment.run("evaluate")

# %% Scores, and what they say
results = experiment.results()
print(results[results["metric"] == "f1"].round(3).to_string())
for claim in experiment.claims():
    print(f"{claim.encoder} against {claim.baseline}: {claim.outcome} ({100 * claim.gain:+.2f} points)")

# %% An encoder as an object: one vector a text
name = experiment.config.evaluate.encoders[0]
encoder = experiment.encoder(name)
texts = ["How do I split a string in Python?", "How can I cut a string in Java?", "My order has not arrived."]
vectors = encoder.encode(texts)
normed = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
print(pd.DataFrame(normed @ normed.T).round(2))

# %% A classifier as an object: the heads of all tasks that the encoder was scored on
classifier = experiment.classifier(name)
print(classifier.heads)
head = classifier.heads.iloc[0]
print(classifier.predict(texts, task=head["task"], language=head["language"]))

# %% The same statistics on any table of scores
generator = np.random.default_rng(7)
table = pd.DataFrame({"encoder": ["old"] * 10 + ["new"] * 10, "seed": [*range(10)] * 2})
table["f1"] = np.where(table["encoder"] == "new", 0.73, 0.70) + 0.01 * generator.standard_normal(20)
print(raykd.compare(table, baseline="old", smallest_effect=0.01))
