"""trained_heads: heads of validators whose labelled data may not be packaged, trained where it lies."""

import dagster as dg

from dataset_platform import quality
from dataset_platform.assets.presentation import OWNERS, Holds, tags
from dataset_platform.errors import InputError
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.presentation import table
from dataset_platform.storage.work import Work


@dg.asset(
    group_name="4_quality",
    owners=OWNERS,
    tags=tags(Holds.WEIGHTS, alone=False),
    kinds={"json", "scikitlearn"},
    io_manager_key="trained_heads",
    code_version=quality.TRAINING_VERSION,
)
def trained_heads(storage: Storage) -> Work:
    """Heads for empathy, counselling behaviour and crisis, each with the card of its data and accuracy.

    Trained on the sets in DATASET_LABELS_DIR and DATASET_CONVERSATIONS_DIR. Reports score with them from
    then on; without them lexical heads score.

    When it is red: the message names the set that is missing or that cannot be read.
    """
    settings = storage.settings
    if not settings.labels_dir:
        raise InputError(
            "DATASET_LABELS_DIR is missing: it names the labelled sets to train heads on; "
            "or try `dataset-platform qa train-heads labels conversations`"
        )
    labels, conversations = settings.labels_dir, settings.conversations_dir or settings.labels_dir
    return Work(
        inputs={
            **quality.training_sets(labels, conversations),
            "training": quality.TRAINING_VERSION,
            "embedder": quality.chosen_sentence_model().name,
        },
        build=lambda folder: quality.write_heads(quality.train_heads(labels, conversations), folder),
        describe=lambda folder: {"heads": table(quality.head_cards(quality.read_heads(folder)))},
    )
