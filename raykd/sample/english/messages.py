"""English chat messages of customers to a company's service desk."""

from raykd.sample.language import MessagePatterns, from_constants
from raykd.sample.templates import lines, words

SECTORS = {
    "retail": {
        "product": words(
            "kettle | toaster | desk lamp | winter coat | running shoes | rug | blender | sofa bed | hoodie"
            " | backpack | rice cooker | garden chair | earbuds | jigsaw | yoga mat"
        ),
        "service": words(
            "click and collect | next day delivery | gift card | loyalty points | assembly service | price match"
        ),
        "problem": words(
            "came in the wrong size | is missing a screw | arrived with a dent | never showed up"
            " | smells of plastic | broke after {few} days | does not match the photo | was left in the rain"
        ),
        "task": words(
            "return the {product} | swap the {product} for a bigger one | change the delivery address"
            " | get a refund for the {product} | use my {service} | track my parcel"
            " | add a {product} to my order"
        ),
        "detail": words("size {few} | the blue one | the grey one | large | in oak | order {order} | two of them"),
    },
    "telecommunications": {
        "product": words(
            "router | sim card | data plan | fibre line | handset | landline | hotspot | roaming pack"
            " | set-top box | prepaid card | e-sim | mesh repeater"
        ),
        "service": words("number porting | voicemail | call forwarding | 5G add-on | family plan | paper bill"),
        "problem": words(
            "keeps dropping | shows a red light | has no signal since {day} | is slower than dial up"
            " | was activated twice | eats all my data | says no service | reboots every {few} minutes"
        ),
        "task": words(
            "port my number | cancel the {product} | activate the {product} | unlock my handset"
            " | move my {product} to a new flat | switch off the {service} | upgrade to a bigger {product}"
        ),
        "detail": words(
            "my number is 555-01{two} | the pin is 0000 | the one in the kitchen | prepaid | the {few} GB one"
            " | sim only"
        ),
    },
    "finance": {
        "product": words(
            "credit card | savings account | car loan | debit card | overdraft | mortgage | joint account"
            " | standing order | direct debit | travel card | home insurance"
        ),
        "service": words(
            "online banking | contactless | the card reader | mobile top up | currency exchange | statements"
        ),
        "problem": words(
            "was declined at the till | was charged twice | shows a fee of {amount} | got blocked abroad"
            " | still says pending | was debited without my ok | expired in my wallet"
            " | has the wrong name on it"
        ),
        "task": words(
            "block my {product} | raise the limit on my {product} | close the {product}"
            " | dispute a charge of {amount} | order a new {product} | set up the {service}"
            " | pay off the {product} early"
        ),
        "detail": words(
            "ends in 00{two} | {amount} | the joint one | chequing | last four are 00{two} | checking it now"
        ),
    },
    "airline": {
        "product": words(
            "flight to {city} | boarding pass | window seat | checked bag | upgrade | return ticket"
            " | carry-on | lounge pass | connection in {city} | booking | vegan meal"
        ),
        "service": words("priority boarding | online check-in | miles | seat selection | pet in cabin | fare lock"),
        "problem": words(
            "got cancelled | is delayed by {few} hours | did not arrive at the belt"
            " | has the wrong date on it | was given to someone else | does not show in the app"
            " | was overbooked | lost a wheel"
        ),
        "task": words(
            "rebook the {product} | add a {product} | cancel my {product} | get a refund for the {product}"
            " | change the name on my booking | claim my {service} | choose a seat"
        ),
        "detail": words("two adults | row {few} | booking ref ABC0{two} | aisle | on {day} | from {city} | economy"),
    },
}

BRANDS = {
    "retail": words("Norvik | Casella | Plum&Pine | Tavolo | Ardent | Hemlin"),
    "telecommunications": words("Telora | Wavelink | Zipcom | Onda | Fonix | Brightnet"),
    "finance": words("Meridian Bank | Coinwell | Altus | Penny First | Solva | Harbour Trust"),
    "airline": words("Skylark | Aerona | Bluefin Air | Condira | Tradewind | Polaro"),
}

WORDS = {
    "day": words("monday | tuesday | wednesday | thursday | friday | saturday | sunday | yesterday | last week"),
    "few": words("two | three | 4 | 5 | 6 | ten | 12"),
    "two": words("10 | 17 | 23 | 42 | 48 | 55 | 61 | 79 | 86 | 94"),
    "order": words("000-{two}{two} | 99-{two}-00"),
    "amount": words("$19.99 | 45 euros | 12.50 | $200 | 7 bucks | 89 pounds | $1,{two}0"),
    "city": words("Lisbon | Osaka | Denver | Oslo | Lima | Cork | Nairobi | Turin | Perth | Quebec"),
    "person": words("my wife | my son | my mum | your colleague | the guy in the shop | my neighbour | my boss"),
    "name": words("alex doe | sam sample | jo bloggs | pat example | chris test"),
}

KINDS = {
    "request": lines("""
        i want to {task}
        i'd like to {task} please
        pls {task} asap
        need to {task}
        could you {task} for me
        trying to {task} but the site wont let me
        {task} pls
        i was told by {person} that you can {task}
        can i {task} with {service}
        please help me {task}, {person} needs it by {day}
        {product} refund please
        new {product} please, the old one {problem}
        i am calling bc i need to {task}
        would it be possible to {task} before {day}
        sign me up for {service}
        {service} off please
    """),
    "question": lines("""
        how do i {task}
        how long does it take to {task}?
        is {service} included with the {product}
        what does the {product} cost
        when will my {product} be here?
        do you have the {brand} {product} in stock
        does {service} work on {day}
        where can i see my {product}
        any news on my {product}?
        is there a fee if i {task}
        can {person} use the {product} too
        why do i pay {amount} for {service}
    """),
    "complaint": lines("""
        my {product} {problem}
        the {brand} {product} {problem}, {detail}
        the {product} i bought on {day} {problem}
        {service} does not work since {day}
        still waiting for the {product}
        it {problem}
        third time my {product} {problem}!!
        {person} got the {product} and it {problem}
        my {product} {problem} and nobody picks up the phone
        {service} is useless, my {product} {problem}
        the {product} again... {problem}
    """),
    "dispute": lines("""
        i did not order the {product}
        you took {amount} for {service} and i never signed up
        the bill says {amount} but {person} said it was free
        i was charged {amount} twice on {day}
        thats not what i agreed to, {service} was free
        i already sent the {product} back on {day}
        {amount} for a {product} is wrong
        i refuse to pay {amount} for that
    """),
    "greeting": lines("""
        hi
        hello there
        good morning
        hey {brand} team
        hi this is {name}
        hello, {person} told me to chat with you
        hi again
        hiya, anyone there?
        good evening, i am a {brand} customer since {few} years
        hi i have a {product} from you
    """),
    "thanks": lines("""
        thanks
        thank you so much
        great, thx
        perfect, {person} will be happy
        ty, have a nice {day}
        thanks for sorting the {product}
        brilliant, the {product} is fine now
        cheers, thats all for {service}
        ok thank you, bye
        awesome, you helped me a lot with the {product}
    """),
    "slot": lines("""
        {detail}
        {detail} please
        yes {detail}
        it is {detail}
        {product}, {detail}
        the {brand} one, {detail}
        my name is {name}
        {name}, {detail}
        i bought it on {day}
        {amount}
        order number {order}
        its for {person}
        my email is {order}@example.com
        no, the {product}
        i paid {amount} with {service}
        since {day}
        the {product} from {day}
        yes i tried {service} already
        i used the app to {task}
    """),
    "acknowledgement": lines("""
        ok
        yes
        no
        sure
        yep that's right
        one moment pls
        ok i will wait
        let me check the {product}
        i'm looking at the {product} now
        ok done
        got it, so {day}
        ok i see the {service} now
        yes i would like that
        no problem
        alright, {few} minutes
    """),
    "chat": lines("""
        lol
        busy day over there?
        i love the {brand} {product} btw
        how is the weather in {city}?
        are you a bot?
        {person} has the same {product} and is happy
        been with {brand} for {few} years, never had an issue
        no rush, watching tv with {person}
        i am in {city} this week so it is a bit late here
        the {product} was a gift from {person}
        haha {person} said the same
        {brand} was always good to us
    """),
    "ambiguous": lines("""
        the {product}
        {service}
        {service} please
        {brand} {product}
        it's about my {product}
        the {product} and {service}
        {product} {detail}
        the {product} i got on {day}
        i have the {product}, {detail}
        a {brand} {product} for {person}
        {person} has {service} too
        i think it was {amount}
        i want {detail}
        can you see the {product}?
        the app says {amount}
        i spoke to {person} about the {product} on {day}
        {service}, {amount}
        not the {product}, {service}
        it says {order}
        i cant find the {product}
    """),
}

OPENINGS = words(
    "hi, | hello, | hi there, | ok | ok so | thanks, | well | so | hey, | yes, | sorry, | good morning,"
    " | thank you, | hmm | hello {brand}, | hi, {name} here, | btw | no worries,"
)
CLOSINGS = words(
    "thanks | thx | please | ok? | {name} | if possible | for {person} | as i said | lol | cheers | asap"
    " | i've been with {brand} for {few} years | sorry | ty in advance | as {person} said on {day}"
)

TRANSLATED: dict[str, tuple[str, ...]] = {}  # English is what is translated from

MESSAGES = from_constants(MessagePatterns, globals())
