"""Composes conversations from the banks: each reply reflects what was just said."""

import random

from dataset_platform.samples import banks
from dataset_platform.samples.banks import EdgeCategory, Exchange, Persona, Topic
from dataset_platform.samples.conversation import Conversation, Turn
from dataset_platform.samples.phrasing import Phrasing
from dataset_platform.schemas import Role


def counselling(topic: Topic, n_exchanges: int, rng: random.Random) -> Conversation:
    """A client and a therapist on one topic, `n_exchanges` turns of each."""
    phrasing = Phrasing(rng, topic.slots, banks.common().hear)
    turns = [
        turn
        for phase, exchange in _course(topic, n_exchanges, rng)
        for turn in (
            Turn(Role.USER, _statement(phase, exchange, phrasing, rng)),
            Turn(Role.ASSISTANT, _reply(phase, exchange, topic, phrasing, rng)),
        )
    ]
    return Conversation(tuple(turns), topic.name)


def in_persona(topic: Topic, n_exchanges: int, rng: random.Random) -> Conversation:
    """A conversation in which client and therapist have a manner; at times two therapists share a reply."""
    cast = banks.personas()
    client = rng.choice(cast.clients)
    therapist, second = rng.sample(cast.therapists, 2)
    phrasing = Phrasing(rng, topic.slots, banks.common().hear)
    turns: list[Turn] = []
    for _, exchange in _course(topic, n_exchanges, rng):
        said = [_manner(client, phrasing, rng), phrasing.own(exchange.say)]
        turns.append(Turn(Role.USER, _joined(said), client.name))
        reflection = _joined([_manner(therapist, phrasing, rng), _reflection(exchange, phrasing, rng)])
        question = phrasing.reply(rng.choice(exchange.ask))
        if rng.random() < 0.15:
            turns += [
                Turn(Role.ASSISTANT, reflection, therapist.name),
                Turn(Role.ASSISTANT, question, second.name),
            ]
        else:
            after = phrasing.reply(rng.choice(therapist.after)) if rng.random() < 0.2 else ""
            turns.append(Turn(Role.ASSISTANT, _joined([reflection, question, after]), therapist.name))
    return Conversation(tuple(turns), topic.name)


def difficult_moment(category: EdgeCategory, level: str, rng: random.Random) -> Conversation:
    """A therapist's intervention and the answer of a difficult client."""
    phrasing = Phrasing(rng, {})
    intervention = [rng.choice(category.meet), rng.choice(category.ask)]
    answer = [rng.choice(category.deflect), rng.choice(category.say), category.level[level]]
    turns = (
        Turn(Role.ASSISTANT, _joined([phrasing.reply(template) for template in intervention])),
        Turn(Role.USER, _joined([phrasing.own(template) for template in answer])),
    )
    return Conversation(turns, category.name, level)


def _course(topic: Topic, n_exchanges: int, rng: random.Random) -> list[tuple[str, Exchange]]:
    """An opening, then deepening; conversations of three exchanges or more mostly end with a step ahead."""
    closes = n_exchanges > 3 or (n_exchanges == 3 and rng.random() < 0.6)
    deepening = rng.sample(topic.deepen, n_exchanges - 1 - closes)
    course = [("open", rng.choice(topic.open)), *(("deepen", exchange) for exchange in deepening)]
    return [*course, ("close", rng.choice(topic.close))] if closes else course


def _statement(phase: str, exchange: Exchange, phrasing: Phrasing, rng: random.Random) -> str:
    lead = phrasing.own(rng.choice(banks.common().lead[phase])) if rng.random() < 0.35 else ""
    return _joined([lead, phrasing.own(exchange.say)])


def _reply(phase: str, exchange: Exchange, topic: Topic, phrasing: Phrasing, rng: random.Random) -> str:
    reflection = _reflection(exchange, phrasing, rng)
    question = phrasing.reply(rng.choice(exchange.ask))
    form = rng.random()
    if form < 0.55:
        return _joined([reflection, question])
    if form < 0.75:
        return _joined([phrasing.reply(rng.choice(banks.common().receive[phase])), reflection, question])
    affirmation = phrasing.reply(rng.choice(topic.affirm))
    return _joined([reflection, affirmation, question] if form < 0.9 else [affirmation, question])


def _reflection(exchange: Exchange, phrasing: Phrasing, rng: random.Random) -> str:
    return phrasing.reply(rng.choice(exchange.reflect))


def _manner(persona: Persona, phrasing: Phrasing, rng: random.Random) -> str:
    return phrasing.own(rng.choice(persona.before)) if rng.random() < 0.45 else ""


def _joined(sentences: list[str]) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
