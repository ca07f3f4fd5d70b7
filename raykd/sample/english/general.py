"""English encyclopaedia-like prose."""

from raykd.sample.language import GeneralPatterns, subject
from raykd.sample.templates import words

WORDS = {
    "year": words(
        "17{digits} | 18{digits} | 19{digits} | 16{digits} | 15{digits} | 1{few}{digits} | the 18{decade}s"
        " | the late {few}th century | the 1{few}th century | the spring of 19{digits}"
    ),
    "digits": tuple(f"{number:02}" for number in range(3, 98, 2)),
    "decade": words("20 | 30 | 40 | 50 | 60 | 70 | 80 | 90"),
    "few": words("4 | 5 | 6 | 7 | 8 | 9"),
    "number": words("{few}{digits} | 1,{digits}0 | {few},{digits}5 | {few}{few} | {digits}0 | 2{digits}"),
    "person": words("{first} {last} | {first} {last} | {first} {last} | {first} of {town} | {first} the Younger"),
    "first": words(
        "Adela | Bruno | Clara | Dmitri | Elena | Farid | Greta | Hugo | Ines | Jonas | Karin | Lorenzo"
        " | Mira | Nils | Olga | Pablo | Quirin | Rosa | Samuel | Teresa | Ulrich | Vera | Wilhelm | Yusuf"
        " | Zora"
    ),
    "last": words(
        "{head}berg | {head}mann | {head}ström | {head}ini | {head}wick | {head}ford | {head}escu | {head}ova"
        " | {head}ez"
    ),
    "town": words(
        "{head}burg | {head}ton | {head}ville | {head}stad | {head}mouth | {head}ano | {head}grad | {head}by"
    ),
    "head": words(
        "Al | Bar | Cor | Del | Es | Fal | Gar | Hol | Is | Kal | Lam | Mar | Nor | Or | Pel | Ros | Sil"
        " | Tor | Ul | Var | Wes | Zel | Brem | Lind | Stav | Gren"
    ),
    "region": words(
        "the northern highlands | the lower valley | the western marshes | the old province of {town}"
        " | the eastern plains | the southern archipelago | the lake district | the border country"
        " | the delta | the hills above {town}"
    ),
    "quality": words("famous | old | small | beautiful | remote | important | popular | rare | large | well known"),
    "season": words("spring | summer | autumn | winter | the dry season | the rainy season | harvest time"),
    "share": words("about half | two thirds | almost all | a quarter | only a few | most"),
}

SUBJECTS = {
    "animals": subject(
        "name | kind | place | food | part",
        """
        python | snake | rain forests; swamps | rats; birds; small deer | jaws; scales
        lion | cat | savannas; dry grassland | antelopes; zebras | mane; claws
        brown bear | bear | mountain forests; tundra | berries; salmon; roots | fur; paws
        emperor penguin | bird | sea ice; cold coasts | fish; krill; squid | feathers; flippers
        honey bee | insect | meadows; orchards | nectar; pollen | wings; sting
        stag beetle | bug | oak woods; old gardens | sap; rotting wood | jaws; wing cases
        bed bug | bug | houses; bird nests | blood | flat body; antennae
        garden snail | mollusc | gardens; hedges | leaves; fungi | shell; foot
        hermit crab | crab | tidal pools; coral beaches | algae; worms | borrowed shell; claws
        grey wolf | dog | pine forests; steppes | deer; boar; hares | coat; teeth
        sea turtle | reptile | warm seas; sandy beaches | jellyfish; sea grass | shell; beak
        camel | hoofed animal | deserts; dry steppes | thorny shrubs; grass | hump; eyelashes
        house mouse | rodent | barns; fields | seeds; grain | tail; whiskers
        orb weaver spider | spider | gardens; forest edges | flies; moths | silk thread; web
        """,
        """
        The {name} is a {kind} that lives in {place}.
        The {name} feeds mainly on {food} and, in {season}, on {food}.
        It hunts at night in {place} and rests by day.
        A visitor in {year} wrote with wonder of its {part}.
        {person} first described the {part} of the {name} in {year}.
        In {region} {share} of the animals disappeared after {year}.
        The female bears {few} young in {season}.
        In the tales of {region} the {name} stands for patience.
        The {kind} needs {place} to find {food}.
        A zoo in {town} has kept the {name} since {year}.
        Adults live for {few} years; the oldest one, in {town}, reached 1{few}.
        """,
    ),
    "places": subject(
        "name | kind | feature | trade",
        """
        Java | island | volcanoes; rice terraces; tea gardens | coffee; tea; rice; batik
        the Danube | river | gorges; marshes; vineyards on its banks | grain; timber; salt
        the Atacama | desert | salt flats; dry valleys; geysers | copper; saltpetre
        Crete | island | gorges; olive groves; Bronze Age palaces | olive oil; wine; honey
        the Alps | mountain range | glaciers; passes; meadows | cheese; timber; tourism
        the Mekong | river | rapids; floating markets; a wide delta | fish; rice; fruit
        Iceland | island | geysers; lava fields; fjords | fish; wool; aluminium
        Samarkand | city | blue domes; bazaars; a great observatory | silk; paper; melons
        Venice | city | canals; palaces; glass windows | glass; spices; silk
        Lake Titicaca | lake | reed islands; terraces; cold waters | wool; potatoes; trout
        the Sahara | desert | dunes; oases; rock paintings | salt; dates; gold
        Bergen | port | wooden houses; a harbour; seven hills | dried fish; ships; timber
        Delphi | sanctuary | the oracle; a theatre; a stadium | offerings; olive oil; wool
        """,
        """
        {name} is a {kind} known for {feature}.
        For centuries {name} lived on the trade in {trade} and {trade}.
        The {kind} is {number} kilometres from {town}.
        {person} travelled to {name} in {year} and wrote about {feature}.
        Of the {number} villages {share} produce {trade}.
        In {season} many visitors come to see {feature}.
        In {year} the merchants of {town} bought {trade} here.
        Maps of {year} already show {feature}.
        A flood destroyed the bridge to {town} in {year}.
        The ferry terminal opened in {year} and serves {number} passengers a day.
        The people of {region} call the {kind} their mother.
        """,
    ),
    "history": subject(
        "name | actor | cause | outcome",
        """
        the Salt War | the miners; the bishop; the merchants | a tax on salt; a blocked road | a fair toll; a charter
        the League of Cities | the guilds; the mayors; the merchants | piracy; high tolls | free trade; a common court
        the Peasants' Rising | the farmers; the nobles; the clergy | hunger; heavy labour | milder laws; burned castles
        the Great Fire | the citizens; the bakers; the council | a bakery; a dry summer | stone houses; wide streets
        the Long Siege | the garrison; the general; the nuns | a broken treaty; a rich heir | a truce; ruined walls
        the Railway Age | the engineers; the bankers; the navvies | coal; cheap iron | fast travel; new suburbs
        the Weavers' Strike | the weavers; the mill owners; the militia | low wages; new looms | shorter days; a union
        the Second Dynasty | the emperor; the scribes; the generals | floods; a palace plot | a new capital; a calendar
        the Age of Sail | the captains; the shipwrights; the crown | spices; better maps | colonies; war at sea
        the Council of Elders | the elders; the oracle; the priests | drought; an omen | written law; a class of judges
        """,
        """
        {name} began in {year} because of {cause}.
        {actor} blamed {actor} for {cause}.
        In {region} {share} of the houses were empty by {year}.
        After {number} days {actor} reached {town}.
        {name} ended in {year} and brought {outcome}.
        {person} led {actor} and was later buried in {town}.
        Historians such as {person} see {cause} as the reason for {outcome}.
        A chronicle of {year} tells how {actor} crossed the river near {town}.
        The letters of {person} describe {name} in detail.
        Its best known result was {outcome}, which lasted until {year}.
        A museum in {town} shows {number} objects from {name}.
        """,
    ),
    "food": subject(
        "name | base | spice | dish",
        """
        rye bread | rye flour; sour dough | caraway; salt | soup; herring
        paella | rice; saffron stock | paprika; saffron | mussels; beans
        goulash | beef; onions | paprika; marjoram | dumplings; noodles
        miso soup | soy beans; sea weed | ginger; spring onion | tofu; clams
        java coffee | roasted beans; hot water | cardamom; cinnamon | palm sugar cake; fried bananas
        ice cream float | lemonade; vanilla ice | mint; syrup | cherries; wafers
        couscous | semolina; steam | cumin; coriander | lamb; chickpeas
        apple pie | apples; butter dough | cinnamon; cloves | cream; custard
        string beans | green pods; boiling water | savory; garlic | bacon; potatoes
        pesto | basil; pine nuts | garlic; pepper | pasta; bread
        borscht | beetroot; cabbage | dill; bay leaf | sour cream; rye bread
        """,
        """
        {name} is made of {base} and seasoned with {spice}.
        In {region} cooks add {spice} and serve it with {dish}.
        A recipe from {year} calls for {number} grams of {base}.
        It is eaten in {season}, mostly with {dish}.
        {person} opened a kitchen in {town} where {name} drew large crowds.
        {share} of the families in {town} still prepare {name} at home.
        The {base} must rest for {few} hours before {spice} is added.
        In {year} a cook book from {town} praised {dish} with {name}.
        Without {spice}, people in {region} say, there is no {name}.
        Merchants brought {spice} to {town} in {year}.
        """,
    ),
    "music": subject(
        "name | part | player | piece",
        """
        the violin | bow; bridge; lowest string | fiddlers; soloists | concertos; country dances
        the lute | neck; pegs; gut string | troubadours; court players | songs; pavans
        the church organ | pipes; pedals; bellows | organists; monks | fugues; hymns
        the trumpet | valves; bell; mouthpiece | heralds; jazz players | fanfares; marches
        the conch shell | spire; opening; rim | priests; fishermen | calls; temple music
        the sitar | frets; gourd; sympathetic string | masters; pupils | ragas; film songs
        the harp | frame; pedals; bass string | bards; ladies | ballads; laments
        the accordion | bellows; keys; reeds | street players; sailors | waltzes; tangos
        the choir | altos; basses; descant | boys; townspeople | masses; carols
        the snare drum | skin; sticks; wires | soldiers; drummers | marches; rolls
        """,
        """
        {name} has been played in {region} since {year}.
        {player} use it for {piece} and {piece}.
        In {year} {person} improved the {part}.
        {person} took {few} months to make the {part}.
        {person} wrote {number} {piece} for it.
        In {season} {player} meet in {town} for a {quality} festival.
        The sound depends on the {part}, say {player} in {town}.
        {player} of {town} learned {piece} by ear.
        {share} of the {piece} were printed in {year}.
        The museum of {town} keeps a {quality} instrument of {year}, made by {person}.
        """,
    ),
    "sport": subject(
        "name | tool | place | move",
        """
        rowing | oar; boat; seat | lake; canal | stroke; sprint
        fencing | foil; mask; glove | hall; court yard | lunge; parry
        football | ball; goal; whistle | pitch; stadium | pass; free kick
        ski jumping | skis; helmet; suit | hill; tower | landing; telemark
        archery | bow; arrow; string | field; castle meadow | shot; draw
        swimming | cap; goggles; float | pool; bay | turn; crawl
        cycling | wheel; saddle; chain | track; pass road | sprint; breakaway
        chess | board; clock; rook | club; coffee house | opening; sacrifice
        wrestling | mat; belt; robe | ring; temple ground | throw; hold
        sailing | sail; rudder; keel | bay; open sea | tack; gybe
        """,
        """
        {name} is played or practised on a {place} with a {tool}.
        The first contest of {name} was held in {town} in {year}.
        A {tool} weighs about {number} grams.
        {person} won {few} medals and is remembered for a perfect {move}.
        Rules for the {move} were written in {year} by {person}.
        In {region} {share} of the schools teach {name}.
        In {season} {number} athletes train on the {place} of {town}.
        Beginners learn the {move} before they may use the {tool}.
        The {place} at {town} holds {number} spectators.
        A class of {number} pupils from {town} took part in {year}.
        """,
    ),
    "belief": subject(
        "name | person_of | house | rite | symbol",
        """
        Buddhism | monks; nuns | temple; pagoda | chanting; alms rounds | lotus; wheel
        Christianity | priests; deacons | cathedral with painted windows; chapel | baptism; mass | cross; candle
        Islam | imams; pilgrims | mosque; school | prayer; fasting | crescent; fountain
        Judaism | rabbis; cantors | synagogue; study house | reading; sabbath meal | scroll; lamp
        Hinduism | priests; hermits | temple; river steps | offering; procession | lamp; conch shell
        Shinto | shrine maidens; priests | shrine; sacred grove | purification; dance | gate; mirror
        the cult of Apollo | priestesses; pilgrims | oracle; treasury | sacrifice; prophecy | laurel; tripod
        the old river faith | elders; boatmen | sacred spring; boat house | washing; float procession | reed; red thread
        """,
        """
        In {name} {person_of} meet in the {house}.
        The {rite} takes place in {season} and ends with the {symbol}.
        The {house} of {town} was built in {year} by {person}.
        {person_of} carry the {symbol} through {town}.
        In {region} {share} of the people follow {name}.
        Every {house} keeps a {symbol}, a sign of hope.
        {person} described the {rite} in a {quality} book of {year}.
        A visitor in {year} counted {number} {person_of} at the {rite}.
        Children learn the {rite} at the age of {few}.
        The {symbol} above the door of the {house} dates from {year}.
        """,
    ),
    "weather": subject(
        "name | cause | effect | place",
        """
        fog | cold water; calm nights | late ships; damp walls | harbours; river valleys
        the monsoon | warm seas; a hot continent | floods; rich harvests | rice country; hill towns
        frost | clear skies; northern air | frozen pipes; ice flowers on windows | gardens; vineyards
        the foehn | high passes; falling air | headaches; sudden thaw | alpine valleys; lake shores
        a hurricane | warm oceans; low pressure | broken roofs; high waves | islands; flat coasts
        drought | missing rain; dry winds | dust; poor crops | steppes; plateaus
        thunder | rising air; heat | hail; fires | plains; summits
        snow | moist clouds; cold fronts | closed passes; avalanches | mountain villages; forests
        """,
        """
        {name} is caused by {cause} and {cause}.
        In {season} {name} is common in {place}.
        {effect} and {effect} are the usual results.
        The {quality} winter of {year} brought {effect} to {town}.
        {person} measured {name} at {town} from {year} on.
        In {region} {name} lasts for {few} weeks.
        {share} of the farmers in {place} fear {effect}.
        A station near {town} recorded {number} millimetres of rain in {year}.
        Sailors know {name} from {cause}.
        """,
    ),
    "daily life": subject(
        "name | part | maker | place",
        """
        thread | spindle; wool; dye | spinners; dyers | cottages; mills
        string | hemp; twist; wax | rope makers; sailors | rope walks; harbours
        the bus terminal | clock; benches; ticket hall | architects; drivers | suburbs; market squares
        the sea shell | mother of pearl; rim; spiral | collectors; button makers | beaches; cabinets
        stained windows | lead; coloured glass; frames | glaziers; painters | cathedrals; town halls
        the carnival float | paper figures; wheels; flowers | clubs; carpenters | streets; old town squares
        the evening class | desk; teacher; chalk board | teachers; workers | village schools; libraries
        the water mill | wheel; race; stones | millers; carpenters | streams; monasteries
        porcelain | clay; glaze; kiln | potters; painters | courts; tea houses
        the post coach | horses; horn; mail bags | postilions; innkeepers | inns; country roads
        """,
        """
        {name} was part of daily life in {region} until {year}.
        In {place} {maker} worked on it side by side with {maker}.
        Its {part} came from {town} and its {part} from {region}.
        In {year} {person} painted {maker} at work in {place}.
        {share} of the {maker} in {town} had learned the trade from {person}.
        In {season} {maker} worked {few} hours a day.
        A {quality} example of {year} is kept in {town}.
        {number} {maker} lived in {town} in {year}.
        A law of {year} fixed the price of {name}.
        Songs about {name} are still known in {place}.
        """,
    ),
}

GENERAL = GeneralPatterns(words=WORDS, subjects=SUBJECTS)
