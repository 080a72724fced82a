"""Replay: a run made again from its recording by the code of today, with no call made and nothing written."""
