# What the jobs run in, for KubeRay and for machines that should not install it themselves (docs/cluster.md).
#   make wheel
#   docker build --build-arg COMMIT=$(git rev-parse HEAD) -t REGISTRY/raykd:0.1.0 . && docker push REGISTRY/raykd:0.1.0
FROM rayproject/ray:2.60.0-py311-gpu
COPY constraints.txt /home/ray/constraints.txt
COPY dist /home/ray/dist
# As on the machines of cluster.yaml. torch brings its own CUDA; the host's driver must know CUDA 13 (580 or newer).
RUN pip install --no-cache-dir -c /home/ray/constraints.txt boto3 "/home/ray/dist/raykd-0.1.0-py3-none-any.whl[abfs,archives,export,gcs,languages,mlflow,near-duplicates,presidio,s3,tensorboard,translation]"
COPY configs /home/ray/configs
ARG COMMIT
ENV RAYKD_COMMIT=$COMMIT RAY_AUTH_MODE=token
