"""Jobs from captions to token vectors: stage text."""

from collections.abc import Iterable, Mapping, Sequence

from teachtext.config.imported import ImportedTokens
from teachtext.config.text import FinetuneSettings, TextSettings
from teachtext.jobs.context import Context
from teachtext.jobs.job import Inputs, Job, Option
from teachtext.tables.shards import Portion

TOKENS = "results/text/{text_encoder}/{portion}.parquet"
TUNED = "results/text/finetuned/{text_encoder}"


class OfCaptions(Job):
    """A job that reads the captions, of which those of its portion decide."""

    ageless = frozenset({"captions"})

    def inputs(self) -> Inputs:
        captions = self.config.dataset.captions
        return {"captions": [captions] if captions else []}

    def options(self) -> Mapping[str, Option]:
        return {"--paragraphs": self.config.dataset.paragraphs}

    def input_options(self, inputs: Inputs) -> Mapping[str, Option]:
        return {"--captions": inputs["captions"]}

    def facts(self) -> Sequence[object]:
        return [self.context.captions(self.portion_read())]

    def portion_read(self) -> Portion:
        """Portion of the captions that decide; tuning, teaching and denoising see no others."""
        return "trainval"


class _MakesTokens(OfCaptions):
    """A job that writes the token vectors of a portion."""

    patterns = (TOKENS,)

    def options(self) -> Mapping[str, Option]:
        return {**super().options(), "--name": self.text_encoder, "--portion": self.portion}

    def portion_read(self) -> Portion:
        return "test" if self.portion == "test" else "trainval"


class _OfEncoder(OfCaptions):
    """A job of a text encoder that runs here."""

    @property
    def _entry(self) -> TextSettings:
        return self.config.encoders()[self.text_encoder]


class FinetuneTextEncoder(_OfEncoder):
    """A text encoder that has learned from the training captions first."""

    stage, rule, patterns = "text", "finetune_text_encoder", (TUNED,)
    uncounted = frozenset({"--settings"})

    @staticmethod
    def values(context: Context) -> Mapping[str, Iterable[str]]:
        return {"text_encoder": filter(context.is_tuned, context.config.encoders())}

    def options(self) -> Mapping[str, Option]:
        return {
            **super().options(),
            "--name": self.text_encoder,
            "--settings": self._entry.model_dump_json(),
            "--work": f"results/text/work/{self.text_encoder}",
        }

    def facts(self) -> Sequence[object]:
        # how often a state is kept decides nothing
        settings = self._entry.model_dump(exclude={"finetune": {"state_minutes"}})
        return [*super().facts(), settings, self.context.encoder_made_by(self._entry)]

    def threads(self) -> int:
        return self._finetune.threads

    def gpus(self) -> int:
        return self._finetune.gpus

    @property
    def _finetune(self) -> FinetuneSettings:
        assert self._entry.finetune is not None  # of others there is no such job
        return self._entry.finetune


class EmbedCaptions(_MakesTokens, _OfEncoder):
    """Token vectors of the captions of a portion."""

    stage, rule = "text", "embed_captions"

    @staticmethod
    def values(context: Context) -> Mapping[str, Iterable[str]]:
        return {"text_encoder": context.config.encoders()}

    def inputs(self) -> Inputs:
        is_tuned = self.context.is_tuned(self.text_encoder)
        tuned = [TUNED.format(text_encoder=self.text_encoder)] if is_tuned else []
        return {**super().inputs(), "tuned": tuned}

    def options(self) -> Mapping[str, Option]:
        kept = f"results/text/work/embedded/{self.text_encoder}/{self.portion}.parquet"
        return {**super().options(), "--kept": kept}

    def input_options(self, inputs: Inputs) -> Mapping[str, Option]:
        entry = self._entry.embeds_from("".join(inputs["tuned"]))
        settings = {"--settings": entry.model_dump_json(exclude_none=True)}
        return {**super().input_options(inputs), **settings}

    def facts(self) -> Sequence[object]:
        settings = self._entry.embeds_from("").model_dump()
        return [*super().facts(), settings, self.context.encoder_made_by(self._entry)]

    def gpus(self) -> int:
        return self._entry.gpus


class ImportTokens(_MakesTokens):
    """Token vectors that were made elsewhere."""

    stage, rule = "text", "import_tokens"

    @staticmethod
    def values(context: Context) -> Mapping[str, Iterable[str]]:
        return {"text_encoder": context.config.imported_tokens()}

    def inputs(self) -> Inputs:
        return {"tokens": [self._entry.file], **super().inputs()}

    def options(self) -> Mapping[str, Option]:
        return {**super().options(), "--max-tokens": self._entry.max_tokens}

    def facts(self) -> Sequence[object]:
        return [*super().facts(), self.context.content(self._entry.file)]

    @property
    def _entry(self) -> ImportedTokens:
        return self.config.imported_tokens()[self.text_encoder]
