"""The scenes that the tests of every wire play."""

from servers.scenes import Asked, Scene

PARIS = Asked("toolu_paris_1", "get_weather", ("", '{"ci', 'ty": "Pa', 'ris"}'))
LYON = Asked("toolu_lyon_2", "get_weather", ('{"city":', ' "Lyon"}'))

SCENES = {
    "say": Scene(
        text=("Hello", ", wor", "ld: é", "ü 漢字", " 🙂!"),
        input_tokens=120, output_tokens=9, cached_tokens=100,
    ),
    "merged": Scene(text=("a", "b", "c"), merged=True),
    "think": Scene(thinking=("First I ", "think."), signature="s" * 64, text=("Then I say",), reasoning_tokens=3),
    "seal": Scene(thinking=("Hm.",), signature="s" * 64, calls=(PARIS,), after_results="It is sunny."),
    "refuse": Scene(text=("I will ", "not."), refused=True),
    "one_tool": Scene(text=("I look.",), calls=(PARIS,), after_results="It is sunny."),
    "two_tools": Scene(calls=(PARIS, LYON), after_results="Both are sunny."),
    "bad_arguments": Scene(calls=(Asked("toolu_1", "get_weather", ('{"city": ',)),)),
    "list_arguments": Scene(calls=(Asked("toolu_1", "get_weather", ('["Paris"]',)),)),
    "no_arguments": Scene(calls=(Asked("toolu_1", "get_weather", ()),)),
    "long": Scene(text=("cut",), finish="length"),
    "embed": Scene(),
    **{
        fault: Scene(text=("a", "b", "c", "d"), fault=fault)
        for fault in (
            "half", "garbage", "array", "utf8", "silent", "stall", "disconnect", "endless", "mid_error",
            "no_usage", "no_done", "401", "404", "429", "500", "redirect", "quota",
        )
    },
}  # fmt: skip
