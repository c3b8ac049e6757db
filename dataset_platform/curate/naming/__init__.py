"""Which words of a text are names, places, streets or organisations."""

from dataset_platform.curate.naming.tagger import Label, Tagger, packaged

__all__ = ["Label", "Tagger", "packaged"]
