"""Medical-dose advice: a therapist's turn that gives a dose, or tells to start, stop or change a medicine."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.safety.plain import any_of, clauses, matches

_MEDICINE = any_of(
    "medications? medicines? meds antidepressants? ssris? antipsychotics? benzos? benzodiazepines?"
    " stimulants?"
    " sleeping_pills? painkillers? mood_stabili[sz]ers? lithium sertraline zoloft fluoxetine prozac"
    " citalopram"
    " escitalopram lexapro paroxetine paxil venlafaxine effexor duloxetine cymbalta bupropion wellbutrin"
    " mirtazapine trazodone buspirone xanax alprazolam klonopin clonazepam ativan lorazepam valium diazepam"
    " zopiclone ambien zolpidem quetiapine seroquel olanzapine risperidone aripiprazole abilify lamotrigine"
    " lamictal valproate depakote adderall ritalin methylphenidate vyvanse naltrexone methadone suboxone"
    " gabapentin pregabalin hydroxyzine propranolol melatonin ibuprofen tylenol paracetamol acetaminophen"
    " st_johns_wort"
)
_DOSE = r"\d+(?: \d+)? ?(?:mg|mcg|milligrams?|micrograms?|ml|millilitres?|milliliters?|iu)"
_SOME = any_of("\\d one two three four half_a a_couple_of an_extra another")
_PILLS = rf"{_SOME} (?:\w+ ){{0,2}}(?:pills?|tablets?|capsules?|doses?)"
_CHANGE = any_of(
    "start stop quit increase decrease reduce lower raise double halve skip switch taper come_off go_off"
    " get_off come_off_of discontinue restart up"
)
_TELLS = any_of(
    "you_should you_could you_can you_need_to you_must you_have_to you_might_want_to youd_better"
    " id_recommend i_recommend i_suggest id_suggest try id_advise_you_to i_advise_you_to i_want_you_to lets"
    " it_is_safe_to its_safe_to its_fine_to its_ok_to its_okay_to feel_free_to just simply please"
)
ADVICE = (
    rf"(?:take|taking|try|trying|start|starting|begin|use|give|recommend|suggest|prescribe|increase|up to"
    rf"|dose|dosage"
    rf"|raise|lower|reduce|drop|go up|go down) (?:\w+ ){{0,8}}(?:{_DOSE}|{_PILLS})",
    rf"{_DOSE} (?:\w+ ){{0,5}}(?:a day|per day|daily|twice|once|every|each|at night|before bed|in the"
    rf" morning|dose)",
    rf"(?:^|(?:{_TELLS}) (?:\w+ )?){_CHANGE}(?:ing|ping|ting)? (?:\w+ ){{0,3}}(?:{_MEDICINE}|your dose|the"
    rf" dose)",
    rf"(?:^(?:take|try)|(?:{_TELLS}) (?:take|taking|try|trying)|^try taking) (?:\w+ ){{0,2}}{_MEDICINE}",
)
# What leaves it to those who prescribe, warns, or tells of the client's own medicine.
NOT_ADVICE = (
    r"(?:before|without|unless|until|never|not|dont|rather than|instead of|if|whether|why|how|when|about"
    r"|after) "
    rf"(?:\w+ ){{0,4}}(?:{_CHANGE}(?:ing|ping|ting|ped)?|take|taking|took|try|trying) (?:\w+ )*",
    r"(?:your|a|the|my) (?:\w+ ){0,2}(?:doctor|psychiatrist|prescriber|pharmacist|physician|gp|provider"
    r"|nurse)(?: \w+)*",
    r"(?:youre|you are|you were|you have been|youve been|you said you|you mentioned|i see you|he|she|they"
    r"|some people"
    r"|many people|people|clients|patients) (?:\w+ ){0,3}(?:taking|take|takes|took|on|started|stopped|start"
    r"|stop)(?: \w+)*",
)
_TRIGGER = (
    rf"mg\b|mcg\b|milligram|microgram|\bml\b|millilit|\biu\b|pill|tablet|capsule|dose|dosage|\b{_MEDICINE}\b"
)
_ADVICE = rf"\b(?:{'|'.join(ADVICE)})\b"
_NOT_ADVICE = rf"\b(?:{'|'.join(NOT_ADVICE)})\b"
_QUESTIONS = r"[^.!?\n]*\?"


def gives_dose(turns: pa.Array) -> np.ndarray:
    """Whether each turn, said by a therapist, advises on a medicine or its dose; questions never do."""
    found = np.zeros(len(turns), bool)
    suspects = np.flatnonzero(matches(turns, rf"(?i){_TRIGGER}"))
    if len(suspects):
        said = pc.replace_substring_regex(turns.take(pa.array(suspects)), _QUESTIONS, " ")
        said = pc.replace_substring_regex(said, r"(\d)[.,](\d)", r"\1\2")
        owners, parts = clauses(said, _TRIGGER)
        found[suspects[owners[_advises(parts)]]] = True
    return found


def _advises(parts: pa.Array) -> np.ndarray:
    return matches(pc.replace_substring_regex(parts, _NOT_ADVICE, " - "), _ADVICE)
