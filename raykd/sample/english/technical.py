"""English questions and answers about programming."""

from raykd.sample.english.phrases import PHRASES
from raykd.sample.language import TechnicalPatterns, from_constants
from raykd.sample.templates import lines, words

WORDS = {
    "when": words(
        "when I click the button | after the second call | on the first run | after the last update"
        " | in release mode | on the server | from another thread | on Windows 7 | from the terminal"
        " | on my colleague's machine | with large inputs | only in production | every {few} minutes"
        " | after {few} hours | in the debugger | behind the proxy | with {few} users at once"
        " | on an old machine | with the default settings | at start-up"
    ),
    "few": words("two | three | five | 10 | 12 | 20 | 30"),
    "sure": words("really | actually | somehow | always | suddenly | sometimes | apparently | of course"),
    "work": words("work project | homework | small tool | side project | legacy system | prototype | school project"),
    "people": words("my boss | a colleague | the client | our tester | my teacher | the customer | a friend"),
    "software": words(
        "shop | game | booking system | chat | calculator | report | back office | text editor | data import"
    ),
    "piece": words(
        "class | function | string | float | object | shell | windows service | bug report | oracle | plugin"
    ),
}

TITLES = lines("""
    How to {goal}?
    How to {goal} with {library}
    How can I {goal} {when}?
    {error}
    {error} {when}
    {call}: {symptom}
    Why {symptom} {when}?
    {symptom} {when}
    {library}: how do I {goal}?
    {library} - {thing} problem
    What is the best way to {goal}?
    Best practice to {goal} in a {software}
    {call} does not work {when}
    Using {call} to {goal}
    {thing} and {thing}: {symptom}
    Is it possible to {goal} without {library}?
    {goal} {when}
    Need help: {symptom}
    Difference between {call} and {call}
    Strange behaviour of the {thing}
    Problem with my {software}
    Not able to {goal}, {symptom}
    {thing} stopped working {when}
""")

OPENINGS = lines("""
    I am trying to {goal}.
    I'm trying to {goal} for a {work}, a {software} for {people}.
    I want to {goal}, but {symptom}.
    I have a {software} where I need to {goal}.
    My {thing} has to work together with the {thing} of a {software}.
    I need to {goal} using {library}.
    We have been using {library} for {few} months in a {software}.
    For a {work} I have to {goal} {when}.
    {people} asked me to {goal} and I have no idea where to start.
    I've got this {thing} that should {goal}.
    I'm working on a {software} with {library} and {library}.
    Currently I use {call} to {goal}.
    I have spent {few} hours on this {thing} now.
    In our {work} there is one {thing} per {software}.
    So I have a {thing}, and inside it another {thing}.
    I'm building a {software} and got stuck with the {thing}.
""")

ATTEMPTS = lines("""
    I tried {call} but {symptom}.
    I have already tried {call} and {call}, no luck.
    I replaced {call} by {call} and now it is even worse.
    I read [the manual of {library}] and it says that {call} should do it.
    I followed [this tutorial] on how to {goal}.
    According to [this answer] the {thing} must be set up before {call}.
    With {library} I can {goal}, but {people} does not want that.
    I debugged it: {call} gets the right {thing}.
    If I remove {call}, {symptom}.
    I searched for {few} days and found only {library}.
    I put a break point in front of {call} and looked at the {thing}.
    I know that {library} can {goal}, but how?
    I also set the {thing} by hand, which did not help.
    My first idea was to {goal} with {call}.
    I checked the {thing} twice.
    I've restarted everything and cleaned the cache.
""")

FAILURES = lines("""
    But {symptom} {when}.
    The problem is that {symptom}.
    I get {error}.
    I get the following error {when}: {error}
    It throws {error} {when}.
    It {sure} fails {when} with {error}.
    {when} {symptom}.
    It works fine on my machine, but {when} {symptom}.
    The log only says {error}.
    No error at all, but {symptom}.
    Then {symptom}, and after a while I see {error}.
    {sure} {symptom}, which drives me mad.
    The {thing} is {sure} ignored {when}.
    Everything is ok until {call}; then {symptom}.
    It does not do anything {when}.
    The output is wrong {when}.
""")

REMARKS = lines("""
    I am quite new to this.
    It used to work {few} weeks ago.
    The {piece} was written by {people} and I can't change it.
    {people} says it is a bug in the {piece}.
    I can't post the whole {piece} because it belongs to {people}.
    Please be gentle, this is my first question.
    Sorry for my bad english.
    I am on Windows, the server is on Linux.
    This happens {when} and {sure} not otherwise.
    I open the terminal, start it and wait {few} seconds.
    The {software} has about {few} thousand users.
    I only need it for a {work}.
    I don't want to use another library for that.
    The thread runs {when}, the rest does not matter.
    I pass a float and a string to the {piece}.
    EDIT: it {sure} happens {when} as well.
    UPDATE: {people} tried it {when} with the same result.
    IMO it looks like a bug, or is it a feature?
    The {piece} comes from an oracle database, fwiw.
    Using the latest version, afaik nothing else is installed.
""")

QUESTIONS = lines("""
    What am I doing wrong?
    How can I {goal}?
    Is there a way to {goal} without {call}?
    Why is it that {symptom}?
    Does {library} support this?
    What is the right way to {goal}?
    Should I use {call} or {call}?
    Any idea why {symptom} {when}?
    Can someone explain what the {thing} does here?
    Is this a known bug of {library}?
    Where do I have to put the {thing}?
    Is there any better solution {when}?
    Could somebody point me in the right direction?
    How would you do that in a {software}?
""")

CLOSINGS = lines("""
    Thanks in advance!
    Any help is appreciated.
    Thank you.
    Thanks for reading this far.
    Please help, {people} needs it {when}.
    Cheers
    Any hint would be great.
    TIA
""")

NAMING = lines("""
    I am new to {name}.
    It is a {name} {software}.
    I would like a pure {name} solution.
    I have been writing {name} for {few} months.
    Is that how it is done in {name}?
    My {name} is a bit rusty.
""")

MENTIONS = lines("""
    I come from {other}, where this is easy.
    In {other} this would be one line.
    I have done the same in {other} without problems.
    {people} says I should have used {other}.
    The other half of the {software} is written in {other}.
""")

ITEMS = lines("""
    {goal}
    the {thing} is created first
    call {call}
    {symptom}
    {library} is installed
    open the {software}
    wait {few} seconds
    check the {thing} {when}
""")

CODE_LEADS = lines("""
    Here is my code:
    This is what I have so far:
    The relevant part:
    My {thing} looks like this:
    Code of the {thing}:
    I call it like this:
    The {piece} in question:
""")

ADVICE = lines("""
    You need {call} here, not {call}.
    Use {call} instead.
    The reason is that the {thing} is created before {call} runs.
    Your {thing} is fine, the trouble is {call}.
    {library} does that for you, see [the documentation].
    To {goal} you have to set the {thing} first.
    The message {error} means that {call} got a wrong {thing}.
    Whenever {symptom}, look at the {thing} first.
    Move {call} out of the {piece}.
    {call} returns a new {thing} and does not change the old one.
    That is by design: {library} keeps one {thing} per {software}.
    Try this {when}:
    In older versions of {library} {symptom}, this was fixed {few} months ago.
    Have a look at {library}, it can {goal} out of the box.
    I had the same problem {when}; {call} solved it.
    Don't share the {thing} between threads.
    Check that the {piece} is not null before you use it.
    First {goal}, then call {call}.
""")

VERDICTS = lines("""
    Hope this helps.
    That should do it.
    It works for me {when}.
    See also [this question].
    Note that {symptom} if you forget {call}.
    Tested with {library}.
    Let me know if it still fails {when}.
""")

TERMS: dict[str, str] = {}  # the topics are written in English

TECHNICAL = from_constants(TechnicalPatterns, globals(), phrases=PHRASES)
