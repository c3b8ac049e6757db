"""Another sentence model than the packaged one, named by a setting."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dataset_platform.errors import InputError
from dataset_platform.quality import accuracy, coherence, read_heads
from dataset_platform.quality.kept_vectors import kept_in
from dataset_platform.quality.sentence_model import CALIBRATION, chosen
from dataset_platform.settings import settings_instead

TEXTS = pa.array(["I feel tired", "tired tired I", "I feel tired"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A model of random weights, 32 wide, that knows four words and pools the first token."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("models") / "tiny"
    config = BertConfig(
        vocab_size=4, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    words = Tokenizer(models.WordLevel({"?": 0, "I": 1, "feel": 2, "tired": 3}, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.save(str(folder / "tokenizer.json"))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 2}))
    return folder


@pytest.mark.model
def test_a_model_named_by_the_setting_gives_the_vectors(folder: Path, tmp_path: Path) -> None:
    with settings_instead(embedder=folder):
        vectors = kept_in(tmp_path).embed(TEXTS)
        again = kept_in(tmp_path).embed(TEXTS)
        name = chosen().name
    assert vectors.shape == (3, 32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-4)
    assert (vectors == again).all()
    assert (vectors[0] == vectors[2]).all()
    assert [path.name.startswith(name) for path in tmp_path.glob("*.sqlite")] == [True]


def test_figures_of_one_model_are_not_printed_for_another(folder: Path) -> None:
    with settings_instead(embedder=folder):
        for read in (accuracy.packaged, accuracy.packaged_digest, coherence.packaged_head):
            with pytest.raises(InputError, match=r"tiny/dataset-platform/.*\.json: not there.*qa calibrate"):
                read()
    packaged = chosen().calibration
    (folder / CALIBRATION).mkdir()
    for name in (accuracy.FILE, coherence.FILE):
        (folder / CALIBRATION / name).write_bytes((packaged / name).read_bytes())
    with settings_instead(embedder=folder):
        assert accuracy.packaged() == accuracy.AccuracyTable.read(packaged / accuracy.FILE)
        assert chosen().name.startswith("tiny-")


def test_heads_of_another_model_are_refused(tmp_path: Path) -> None:
    head = coherence.packaged_head()
    card = head.card.model_copy(update={"vectors": chosen().name})
    head.model_copy(update={"card": card}).write(tmp_path)
    assert len(read_heads(tmp_path)) == 1
    head.model_copy(update={"card": card.model_copy(update={"vectors": "another"})}).write(tmp_path)
    with pytest.raises(InputError, match=r"trained on vectors of another.*qa train-heads"):
        read_heads(tmp_path)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with settings_instead(embedder=tmp_path), pytest.raises(InputError, match=r"no config\.json"):
        chosen()
