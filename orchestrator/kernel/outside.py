"""Services of others that tools ask, as the settings name them."""

from msgspec import Struct


class Github(Struct, frozen=True, forbid_unknown_fields=True):
    url: str = "https://api.github.com"  # GitHub Enterprise: https://HOST/api/v3
    secret: str = "github"  # the name of the secret that is the token


class Vercel(Struct, frozen=True, forbid_unknown_fields=True):
    url: str = "https://api.vercel.com"
    secret: str = "vercel"
    team: str = ""  # the identifier of the team whose projects they are


class HuggingFace(Struct, frozen=True, forbid_unknown_fields=True):
    url: str = "https://huggingface.co"
    inference: str = "https://router.huggingface.co"
    datasets: str = "https://datasets-server.huggingface.co"  # shows rows
    secret: str = "huggingface"


class Services(Struct, frozen=True, forbid_unknown_fields=True):
    github: Github = Github()
    vercel: Vercel = Vercel()
    huggingface: HuggingFace = HuggingFace()
