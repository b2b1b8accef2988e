"""Nodes that run models of Hugging Face's ``transformers``, where it is installed."""

from .transformers_pipeline import TransformersPipelineNode
from .whisper_transcription import WhisperTranscriptionNode

__all__ = ["TransformersPipelineNode", "WhisperTranscriptionNode"]
