"""Web pages with the markup that pages have."""

import html
import random
from collections.abc import Sequence

from benchmarks.transcripts.results import paragraph, sentence, word


def page(r: random.Random, lang: str, planted: Sequence[str]) -> str:
    title = f"{word(r, lang).title()} {r.randint(100, 999)}"
    notes = list(planted)
    articles = [_article(r, lang, notes) for _ in range(r.randint(3, 6))]
    rest = "".join(
        f'<li class="note note--aside" data-track="x{r.randint(1, 99)}">{html.escape(s, quote=False)}</li>'
        for s in notes
    )
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{lang}">',
            "<head>",
            '  <meta charset="utf-8">',
            '  <meta name="viewport" content="width=device-width, initial-scale=1">',
            f"  <title>{title}</title>",
            f'  <meta name="description" content="{html.escape(sentence(r, lang))}">',
            f'  <link rel="stylesheet" href="/static/css/main.{r.randint(10**7, 10**8)}.css">',
            "  <style>" + "".join(f".c{n}{{margin:{n}px;color:#{n:06x}}}" for n in range(1, 30)) + "</style>",
            "  <script>window.__STATE__=" + "".join(r.choices('{}":,abcxyz012', k=900)) + ";</script>",
            "</head>",
            '<body class="page page--wide theme-light">',
            '  <nav class="nav nav--top" role="navigation">',
            '    <ul class="nav__list">',
            *(
                f'      <li class="nav__item nav__item--{n}">'
                f'<a class="nav__link link link--quiet" href="/{word(r, "en")}/{n}"'
                f' data-track="nav-{n}">{word(r, lang).title()}</a></li>'
                for n in range(8)
            ),
            "    </ul>",
            "  </nav>",
            '  <main id="content" class="content content--main">',
            *articles,
            f'    <ul class="notes">{rest}</ul>',
            "  </main>",
            f'  <footer class="footer"><div class="footer__inner"><p class="small">© {title}</p></div></footer>',
            '  <script src="/static/js/vendor.js" async></script>',
            "</body>",
            "</html>",
        ]
    )


def _article(r: random.Random, lang: str, notes: list[str]) -> str:
    rows = "\n".join(
        f'        <tr class="table__row"><td class="table__cell">{word(r, lang)}</td>'
        f'<td class="table__cell table__cell--number">{r.randint(1, 9999)}</td></tr>'
        for _ in range(r.randint(2, 6))
    )
    here = [notes.pop() for _ in range(min(len(notes), r.randint(0, 2)))]
    said = html.escape(paragraph(r, lang, r.randint(2, 4), here), quote=False)
    return "\n".join(
        [
            f'    <article class="card card--{r.randint(1, 9)} shadow-sm rounded" id="a{r.randint(1, 9999)}">',
            f'      <h2 class="card__title heading heading--2">{word(r, lang).title()} {r.randint(1, 99)}</h2>',
            '      <div class="card__body body text-base leading-relaxed">',
            f'        <p class="body__text">{said}</p>',
            "      </div>",
            '      <table class="table table--striped" cellpadding="0" cellspacing="0">',
            rows,
            "      </table>",
            f'      <a class="button button--primary" href="/{word(r, "en")}/{r.randint(1, 999)}" rel="nofollow">'
            f'<span class="button__label">{word(r, lang)}</span>'
            '<svg width="12" height="12"><path d="M0 0L12 12"/></svg></a>',
            "    </article>",
        ]
    )
