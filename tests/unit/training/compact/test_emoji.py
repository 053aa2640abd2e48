import json
from pathlib import Path

from tests.pictures import encoded, picture
from training.compact.emoji import STYLES, emoji


def test_each_style_of_an_emoji_has_its_name_and_tags(tmp_path: Path) -> None:
    names = tmp_path / "emojibase-data" / "en"
    names.mkdir(parents=True)
    told = {"hexcode": "1F34B", "label": "Lemon", "tags": ["citrus", "fruit"], "group": 4}
    letter = {"hexcode": "1F1E6", "label": "regional indicator A"}
    (names / "data.json").write_text(json.dumps([told, letter]))
    for style in STYLES:
        images = tmp_path / f"emoji-datasource-{style}" / "img" / style / "64"
        images.mkdir(parents=True)
        (images / "1f34b.png").write_bytes(encoded(picture()))
        rows = [{"unified": "1F34B", "image": "1f34b.png"}, {"unified": "2764", "image": "x.png"}]
        (images.parents[2] / "emoji.json").write_text(json.dumps(rows))
    samples = emoji(tmp_path).samples
    assert [sample.key for sample in samples] == ["google/1F34B", "twitter/1F34B"]
    assert {"lemon", "citrus", "a drawing of a lemon"} <= set(samples[0].texts)
