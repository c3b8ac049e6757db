"""Sentences for corpora, made of our own words: nothing is quoted from anywhere."""

import random
import re

SENTENCES = 6_000
"""Different sentences a speaker has; far more than a conversation uses."""

_CLIENT = (
    "I {have been|keep|cannot stop} {worrying about|going over|thinking of} {topic} {when}.",
    "{when}, {topic} {comes back|gets louder|weighs on me} and I {reaction}.",
    "My {person} says I should {advice}, but {doubt}.",
    "It is {hard|strange|a bit embarrassing} to say that {topic} makes me {feeling}.",
    "I tried to {advice} {when}, and {result}.",
    "Honestly, I {reaction} because {doubt}.",
    "“{short}”, that is what my {person} told me {when}.",
    "What if {doubt}?",
    "{short}.",
)
_THERAPIST = (
    "It sounds as if {topic} {comes back|gets louder|asks a lot of you} {when}.",
    "When you notice that, what do you {feel in your body|tell yourself|do next}?",
    "You said that your {person} wants you to {advice}; how does that sit with you?",
    "That is a lot to carry, and it makes sense that you feel {feeling}.",
    "Would it be all right to stay with {topic} for a moment?",
    "Between now and next time, you might {advice} and see what happens, no more than that.",
    "What would be different {when} if {topic} took up less room?",
    "I am wondering whether feeling {feeling} has also kept you safe at times.",
    "Take your time.",
)
_WORDS = {
    "topic": "the exam|my divorce|the move|work|the argument with my brother|money|the diagnosis|sleep|"
    "the new baby|my father's illness|being alone|the deadline|the house|an old mistake|school|"
    "the phone call|my weight|the neighbours|retirement|the accident|my café|the choir|the waiting",
    "when": "at night|every morning|since last winter|on Sundays|before meetings|"
    "after the children are in bed|for three weeks now|whenever it gets quiet|on the bus|most evenings|"
    "right after lunch|in the shower|"
    "when the house is empty|at the end of the month|since we moved",
    "reaction": "go blank|start to cry|lie awake|snap at everyone|leave the room|check my phone|"
    "eat too much|call in sick|pretend all is well|"
    "clean the kitchen twice|hold my breath|stop answering messages",
    "person": "sister|partner|mother|boss|best friend|daughter|colleague|flatmate|cousin José|"
    "aunt|coach|doctor",
    "advice": "take a walk|write it down|ask for help|say no once|call her back|go to bed earlier|let it be|"
    "make a list|talk to him first|breathe slowly|take the afternoon off|see the doctor|try the group",
    "doubt": "nothing changes|I am not sure that it helps|it is too late for that|they would laugh|"
    "I do not know how|it feels selfish|I will only make it worse|nobody would notice|it worked only once",
    "feeling": "tense|ashamed|tired|numb|angry|lost|restless|guilty|small|lonely|hopeful and scared at once",
    "result": "it helped a little|nothing happened|I gave up halfway|I felt lighter for an hour|we argued|"
    "I slept through|it was easier than I thought|my hands were shaking",
    "short": "I do not know|Maybe|Not really|Yes, exactly|It is fine|You worry too much|Again|I guess so",
}
_CHOICE = re.compile(r"\{([^{}]*)\}")


def sentences(rng: random.Random) -> dict[str, list[str]]:
    """What client and therapist may say, by speaker."""
    return {
        "Client": [_sentence(_CLIENT, rng) for _ in range(SENTENCES)],
        "Therapist": [_sentence(_THERAPIST, rng) for _ in range(SENTENCES)],
    }


def _sentence(templates: tuple[str, ...], rng: random.Random) -> str:
    said = _CHOICE.sub(lambda match: _drawn(match[1], rng), rng.choice(templates))
    return said[0].upper() + said[1:]


def _drawn(choice: str, rng: random.Random) -> str:
    return rng.choice(_WORDS.get(choice, choice).split("|"))
