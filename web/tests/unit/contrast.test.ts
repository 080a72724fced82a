import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync("src/ui/theme.css", "utf8");

function theme(name: string): Map<string, string> {
  const block = new RegExp(`\\[data-theme="${name}"\\]\\s*\\{([^}]*)\\}`).exec(css);
  expect(block, name).not.toBeNull();
  return new Map([...block![1]!.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map((match) => [match[1]!, match[2]!]));
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}

const TEXT = ["text-1", "text-2", "primary", "success", "warning", "error", "info", "purple", "orange", "green"];
const SURFACES = ["surface-1", "surface-2", "surface-3"];
const FILLS = ["fill-primary", "fill-error", "fill-success", "fill-warning", "fill-info"];

describe.each(["dark", "light", "contrast"])("the %s theme", (name) => {
  const colours = theme(name);
  const of = (token: string) => colours.get(token)!;

  it.each(TEXT.flatMap((text) => SURFACES.map((surface) => [text, surface])))("%s on %s is 7:1", (text, surface) => {
    expect(contrast(of(text!), of(surface!))).toBeGreaterThanOrEqual(7);
  });

  it.each(FILLS)("a label on %s is 7:1", (fill) => {
    expect(contrast(of("on-fill"), of(fill))).toBeGreaterThanOrEqual(7);
  });

  it.each(["control", "focus"].flatMap((edge) => SURFACES.map((surface) => [edge, surface])))(
    "%s stands out from %s at 3:1",
    (edge, surface) => {
      expect(contrast(of(edge!), of(surface!))).toBeGreaterThanOrEqual(3);
    },
  );
});

it("measures what the standard measures", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});
