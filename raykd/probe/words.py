"""Homonyms of everyday and technical English, with sentences written for this project; no sentence is from elsewhere.

The first six words and their neighbours are those of Table 7 of the paper, whose own sentences are others.
"""

from raykd.config import Homonym, Sense

# word: (everyday neighbour, its sentences), (technical neighbour, its sentences)
_WORDS: dict[str, tuple[tuple[str, tuple[str, ...]], tuple[str, tuple[str, ...]]]] = {
    "Java": (
        (
            "coffee",
            (
                "My neighbour brews a strong pot of {} every morning.",
                "Would you like some milk in your {} or just sugar?",
                "The smell of fresh {} filled the whole kitchen.",
            ),
        ),
        (
            "C#",
            (
                "Which collection in {} keeps its keys in the order of insertion?",
                "I am porting a small command line tool from {} to another language.",
                "How do I catch several exceptions in one block in {}?",
            ),
        ),
    ),
    "Python": (
        (
            "snake",
            (
                "The zoo keeper fed the {} a mouse once a week.",
                "A long {} lay in the sun beside the river.",
                "Children screamed when the {} slid out of its cage.",
            ),
        ),
        (
            "PHP",
            (
                "My script in {} stops with an error as soon as it opens the file.",
                "Is there a library for {} that parses dates with time zones?",
                "I wrote the server in {} and it answers slowly under load.",
            ),
        ),
    ),
    "floats": (
        (
            "rafts",
            (
                "We tied the {} together and paddled across the lake.",
                "The children built {} out of barrels and old planks.",
                "In summer wooden {} drift down the river past the village.",
            ),
        ),
        (
            "doubles",
            (
                "The function returns an array of {} that is rounded to two digits.",
                "Comparing two {} for equality fails after a division.",
                "How are {} stored in memory on a little endian machine?",
            ),
        ),
    ),
    "terminal": (
        (
            "ending",
            (
                "The doctor spoke gently of the {} stage of the illness.",
                "At the {} point of the journey everyone was tired.",
                "The last scene is the {} part of a long and sad story.",
            ),
        ),
        (
            "command line",
            (
                "Type this in the {} to install the package.",
                "The build works in the editor but fails from the {} with an unknown option.",
                "How can I list hidden files in the {} on a server?",
            ),
        ),
    ),
    "classes": (
        (
            "lectures",
            (
                "She missed two {} at the university because of a cold.",
                "His evening {} on medieval history are always full.",
                "The professor moved her {} to the larger hall.",
            ),
        ),
        (
            "objects",
            (
                "The two {} share a method that they inherit from the parent.",
                "How do I serialise these {} to JSON without their private fields?",
                "The compiler says that both {} have a member of the same name.",
            ),
        ),
    ),
    "Oracle": (
        (
            "Prophet",
            (
                "The king asked the {} whether he would win the war.",
                "In the legend the {} speaks in riddles that nobody understands.",
                "Pilgrims climbed the mountain to hear the words of the {}.",
            ),
        ),
        (
            "DynamoDB",
            (
                "The query against {} times out when the table has an index.",
                "We are moving our tables from {} to another database.",
                "How do I open a connection to {} from a web service?",
            ),
        ),
    ),
    "Ruby": (
        (
            "emerald",
            (
                "The ring has a small {} between two diamonds.",
                "A thief stole the largest {} from the crown.",
                "Her grandmother left her a necklace with a dark {} in gold.",
            ),
        ),
        (
            "Perl",
            (
                "A regular expression that works in {} does not match here.",
                "How do I read a file line by line in {}?",
                "Our deployment scripts are written in {} and run every night.",
            ),
        ),
    ),
    "cookie": (
        (
            "biscuit",
            (
                "He dipped a {} into a glass of cold milk.",
                "The recipe needs butter, flour and one crushed {} for the base.",
                "She gave each child a {} with chocolate on top.",
            ),
        ),
        (
            "header",
            (
                "The browser does not send the {} with requests to another domain.",
                "Set the session identifier in a secure {} of the response.",
                "My server rejects the {} because its value has expired.",
            ),
        ),
    ),
    "shell": (
        (
            "husk",
            (
                "Crack the {} of the nut and throw it away.",
                "The dry {} of the coconut lay on the beach.",
                "Under its hard {} the seed is soft and white.",
            ),
        ),
        (
            "bash",
            (
                "This loop works in {} but the variable is empty afterwards.",
                "How do I run a command in {} and keep its exit status?",
                "I start the script from {} with two arguments in quotes.",
            ),
        ),
    ),
    "thread": (
        (
            "yarn",
            (
                "She mended the coat with a needle and blue {} from the drawer.",
                "The kitten rolled the {} across the floor of the room.",
                "A basket of red {} stood beside the sewing machine.",
            ),
        ),
        (
            "process",
            (
                "The {} waits for a lock that is never released.",
                "Start another {} so that the window does not freeze.",
                "The debugger shows that the main {} has crashed.",
            ),
        ),
    ),
    "branch": (
        (
            "twig",
            (
                "A bird sat on a thin {} of the apple tree.",
                "The storm broke a {} and it fell into the garden.",
                "He cut a {} from the bush to poke the fire.",
            ),
        ),
        (
            "commit",
            (
                "I pushed the wrong {} and have to undo it on the remote.",
                "How do I compare my last {} with the one on the server?",
                "The tests pass on this {} and fail after the merge.",
            ),
        ),
    ),
}

WORDS = tuple(
    Homonym(
        word=word,
        general=Sense(neighbour=everyday[0], sentences=everyday[1]),
        technical=Sense(neighbour=technical[0], sentences=technical[1]),
    )
    for word, (everyday, technical) in _WORDS.items()
)
