"""Tables as people make them: read where the meaning is clear, told what to mend where not."""

from __future__ import annotations

from pathlib import Path

import pytest

from wallet_api.evaluation.groups import make_groups
from wallet_api.evaluation.index import Index, read_index
from wallet_api.evaluation.refusal import EvaluationRefused

GOOD = "file,person,sex,group\na1.jpg,a,M,\na2.jpg,a,M,\nsub/b1.jpg,b,F,Asian\n"


def read(tmp_path: Path, content: str | bytes, limit: int | None = None) -> Index:
    path = tmp_path / "index.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_index(path, limit=limit)


def test_a_good_table_is_read(tmp_path: Path) -> None:
    index = read(tmp_path, GOOD)
    assert [(p.file, p.person, p.sex, p.group) for p in index.photos] == [
        ("a1.jpg", "a", "M", ""),
        ("a2.jpg", "a", "M", ""),
        ("sub/b1.jpg", "b", "F", "asian"),
    ]
    assert index.notes == ()


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\n\n"),
        GOOD.replace("file,person,sex,group", " File , Person,SEX,group"),
        GOOD.replace("sub/", "sub\\").replace("F,Asian", "female, ASIAN "),
        "group,sex,extra,person,file\n,M,x,a,a1.jpg\n,M,,a,a2.jpg\nasian,f,,b,sub/b1.jpg\n",
    ],
)
def test_the_same_table_in_other_clothes(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content).photos == read(tmp_path, GOOD).photos


def test_sex_and_group_may_be_missing(tmp_path: Path) -> None:
    index = read(tmp_path, "person,file\na,1.jpg\nb,2.jpg\n")
    assert {(photo.sex, photo.group) for photo in index.photos} == {("", "")}
    groups, notes = make_groups(index)
    assert [group.name for group in groups] == ["all"]
    assert "no two people to compare in: same sex" in notes


def test_a_short_line_lacks_only_what_may_be_lacking(tmp_path: Path) -> None:
    index = read(tmp_path, "file,person,sex,group\n1.jpg,a\n2.jpg,b,F\n")
    assert [photo.sex for photo in index.photos] == ["", "F"]


def test_contradictions_and_odd_words_are_unknown_and_told(tmp_path: Path) -> None:
    index = read(
        tmp_path, "file,person,sex\n1.jpg,a,M\n2.jpg,a,F\n3.jpg,b,x\n4.jpg,c,\n5.jpg,c,F\n"
    )
    assert [photo.sex for photo in index.photos] == ["", "", "", "F", "F"]
    assert any("a has more than one sex" in note for note in index.notes)
    assert any("“x” on 1 lines" in note for note in index.notes)


def test_a_limit_keeps_whole_people(tmp_path: Path) -> None:
    index = read(tmp_path, GOOD + "c.jpg,c,M,\n", limit=2)
    assert index.people == ("a", "b")
    assert len(index.photos) == 3


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "line 1: no column file, person (found: nothing)"),
        ("file,who\n1.jpg,a\n", "line 1: no column person (found: file, who)"),
        ("file;person\n1.jpg;a\n", "separate the columns by commas"),
        ("file,person\n", "no photo is listed"),
        ("file,person\n1.jpg,a\n,b\n", "line 3: file is empty"),
        ("file,person\n1.jpg,a\n2.jpg\n", "line 3: person is empty"),
        ("file,person\n1.jpg,a\n2.jpg,b,c,d\n", "line 3: 4 values under 2 columns"),
        ("file,person\n1.jpg,a\n./1.jpg,b\n", "line 3: ./1.jpg stands in line 2 already"),
        ("file,person\n1.jpg,a\n../2.jpg,b\n", "line 3: ../2.jpg leaves the folder"),
        ("file,person\n/1.jpg,a\n2.jpg,b\n", "line 2: /1.jpg leaves the folder"),
        ("file,person\nC:\\1.jpg,a\n2.jpg,b\n", "line 2: C:/1.jpg leaves the folder"),
        ('file,person\n1.jpg,a\n"2.jpg,b\n', "check the quotes"),
        (b"file,person\n1.jpg,a\n2.jpg,\xff\n", "line 3: not UTF-8"),
        (b"file,person\n1.jpg,a\n\0,b\n", "line 3: a zero byte"),
        ("file,person,file\n1.jpg,a,2\n", "column file stands there twice"),
        ("file,person\n1.jpg,a\n2.jpg,a\n", "photos of one person only"),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_to_mend(
    tmp_path: Path, content: str | bytes, told: str
) -> None:
    with pytest.raises(EvaluationRefused) as refusal:
        read(tmp_path, content)
    assert told in str(refusal.value)
    assert str(tmp_path) not in str(refusal.value)


def test_many_faults_are_told_at_once_but_not_all(tmp_path: Path) -> None:
    with pytest.raises(EvaluationRefused) as refusal:
        read(tmp_path, "file,person\n" + ",a\n" * 30)
    lines = str(refusal.value).splitlines()
    assert len(lines) == 21
    assert lines[-1].endswith("and 10 more")


def test_groups_pair_people_of_one_sex_and_kind(tmp_path: Path) -> None:
    rows = [("a", "M", "asian"), ("b", "M", "asian"), ("c", "F", "asian"), ("d", "F", "")]
    content = "file,person,sex,group\n" + "".join(f"{p}.jpg,{p},{s},{g}\n" for p, s, g in rows)
    groups, notes = make_groups(read(tmp_path, content))
    assert {group.name: group.labels.tolist() for group in groups} == {
        "all": [0, 0, 0, 0],
        "same sex": [0, 0, 1, 1],
        "women": [-1, -1, 0, 0],
        "men": [0, 0, -1, -1],
        "asian, same sex": [0, 0, 1, -1],
        "asian men": [0, 0, -1, -1],
    }
    assert notes == ["no two people to compare in: asian women"]


def test_too_many_groups_are_cut_and_told(tmp_path: Path) -> None:
    lines = [f"{n}{k}.jpg,p{n}{k},M,g{n:02d}\n" for n in range(14) for k in "xy"]
    groups, notes = make_groups(read(tmp_path, "file,person,sex,group\n" + "".join(lines)))
    assert sum(group.name.endswith(", same sex") for group in groups) == 12
    assert sum("not reported apart" in note for note in notes) == 2
