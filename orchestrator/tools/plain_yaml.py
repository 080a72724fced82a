"""YAML from strangers: what JSON could hold, and no aliases, a few lines of which can stand for a billion values."""

from typing import Any

from orchestrator.kernel.errors import InvalidInput


def load(text: str, what: str) -> Any:
    """Raises InvalidInput, which names what was read."""
    import yaml  # type: ignore[import-untyped]

    class Plain(yaml.SafeLoader):  # type: ignore[misc]
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("an alias (*name); write it out")
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            for key, _ in node.value:  # names are text, as they are written: 200, on, null
                if isinstance(key, yaml.ScalarNode):
                    key.tag = "tag:yaml.org,2002:str"
            return super().construct_mapping(node, deep)

    for kind in ("timestamp", "binary"):  # a date is its letters
        Plain.add_constructor(f"tag:yaml.org,2002:{kind}", Plain.construct_yaml_str)
    try:
        return yaml.load(text, Plain)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        said = " ".join(str(error).split())[:300]
        raise InvalidInput(f"{what} cannot be read: {said}.", hint="Mend it.") from error
