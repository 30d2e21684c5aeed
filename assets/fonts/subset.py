#!/usr/bin/env python3
"""Makes the fonts in this folder from the full ones. See README.md.

    python3 subset.py FOLDER_WITH_THE_FULL_FONTS

It needs fontTools. The same full fonts give the same files.
"""

import os
import pathlib
import sys

os.environ["SOURCE_DATE_EPOCH"] = "0"  # before fontTools looks at the time

from fontTools import subset, ttLib  # noqa: E402

BASIC = "U+0020-007E,U+00A0-00FF,U+2010-2015,U+2018-201E,U+2026,U+25CC"
LATIN = BASIC + (
    ",U+0100-024F,U+0259,U+02B0-02FF,U+0300-036F"  # Latin, modifiers, marks
    ",U+0370-03FF,U+1F00-1FFF"  # Greek
    ",U+0400-052F"  # Cyrillic
    ",U+1E00-1EFF"  # Latin of Vietnamese and others
    ",U+2020-2022,U+2030,U+2032-2033,U+2039-203A,U+2044,U+20AC,U+2116,U+2122"
)

FONTS = {
    "ebgaramond-regular": ("EBGaramond12-Regular.ttf", LATIN, "kern mark mkmk ccmp locl liga calt"),
    "ebgaramond-italic": ("EBGaramond12-Italic.ttf", BASIC, "kern mark mkmk ccmp locl liga"),
    "notoserif-regular": ("NotoSerif-Regular.ttf", LATIN, "kern mark mkmk ccmp locl liga"),
    "notoserifhebrew-regular": ("NotoSerifHebrew-Regular.ttf", "U+0020,U+0591-05F4,U+25CC", "*"),
    "notonaskharabic-regular": (
        "NotoNaskhArabic-Regular.ttf", "U+0020,U+0600-06FF,U+0750-077F,U+08A0-08FF,U+25CC", "*"),
    "notoserifdevanagari-regular": (
        "NotoSerifDevanagari-Regular.ttf", "U+0020,U+0900-097F,U+1CD0-1CFF,U+25CC,U+A8E0-A8FF", "*"),
    "notoserifthai-regular": ("NotoSerifThai-Regular.ttf", "U+0020,U+0E00-0E7F,U+25CC", "*"),
}


def line_up_figures(font):
    """Lets the plain digits be the ones of capital height.

    The old-style figures of EB Garamond are lovely in prose, but a 1 reads as
    an I there, and people copy serial numbers by hand.
    """
    if "one.lnum" not in font.getGlyphOrder():
        return
    names = "zero one two three four five six seven eight nine".split()
    for table in font["cmap"].tables:
        for digit, name in enumerate(names):
            if ord("0") + digit in table.cmap:
                table.cmap[ord("0") + digit] = name + ".lnum"


def main(source):
    full = {path.name: path for path in pathlib.Path(source).rglob("*.ttf")}
    for name, (file, characters, features) in FONTS.items():
        options = subset.Options()
        options.layout_features = features.split()
        options.hinting = False
        options.notdef_outline = True
        options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
        options.drop_tables += ["FFTM", "DSIG"]
        font = ttLib.TTFont(full[file], recalcTimestamp=False)
        line_up_figures(font)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=subset.parse_unicodes(characters))
        subsetter.subset(font)
        font.save(pathlib.Path(__file__).parent / (name + ".ttf"))


if __name__ == "__main__":
    main(sys.argv[1])
