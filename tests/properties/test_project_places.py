"""Folders make the same projects in whatever order they were found, and a project's own folder is in it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ccmeter.domain.filters import Grouping, Label
from ccmeter.domain.projects import Folder, Tree, key, place, short_names
from support.scale import scaled

PARTS = st.sampled_from(
    ["shop", "Shop", "web", "home", "me", ".claude", "worktrees", ".worktrees", "shop-worktrees", "src", "C:"]
)
ANCHORS = st.sampled_from(["/", "/", "/home/me/", "C:\\", "c:\\", "\\\\server\\share\\", ""])


@st.composite
def paths(draw: st.DrawFn) -> str:
    """Draw from so few parts that paths often lie within each other."""
    anchor = draw(ANCHORS)
    between = "\\" if "\\" in anchor else "/"
    return anchor + between.join(draw(st.lists(PARTS, min_size=1, max_size=6)))


@st.composite
def folders(draw: st.DrawFn) -> Folder:
    """Draw a folder in a working tree, in another's, through a link, or in none."""
    cwd = draw(paths())
    if draw(st.booleans()):
        return Folder(cwd=cwd)
    top = (
        draw(st.sampled_from([cwd, cwd.rpartition("/")[0] or cwd])) if draw(st.booleans()) else draw(paths())
    )
    is_worktree = draw(st.booleans())
    root = draw(paths()) if is_worktree or draw(st.booleans()) else top
    return Folder(cwd=cwd, top=top, root=root, is_worktree=is_worktree)


KNOWN = st.lists(folders(), max_size=8, unique_by=lambda folder: folder.cwd)
MERGES = st.booleans()


@settings(max_examples=scaled(300))
@given(known=KNOWN, gone=st.lists(paths(), max_size=6), merges=MERGES, order=st.randoms())
def test_order_does_not_matter(*, known: list[Folder], gone: list[str], merges: bool, order: object) -> None:
    """Neither that in which folders were found nor that in which they are asked for."""
    labels = tuple(Label(path=path, alias=path[-3:], tags=("a",)) for path in gone[:2])
    grouping = Grouping(home="/home/me", labels=labels, merges_worktrees=merges)
    cwds = [*gone, *(folder.cwd for folder in known)]
    before = place(cwds, known, grouping)
    order.shuffle(known)  # type: ignore[attr-defined]
    order.shuffle(cwds)  # type: ignore[attr-defined]
    assert place(cwds, known, grouping) == before


@settings(max_examples=scaled(300))
@given(known=KNOWN, gone=st.lists(paths(), max_size=6))
def test_a_project_is_in_itself(known: list[Folder], gone: list[str]) -> None:
    """Asked for the project of a project's path, the answer is that project, whether or not somebody worked there."""
    cwds = [*gone, *(folder.cwd for folder in known)]
    tree = Tree(known, home="/home/me")
    for cwd, project in tree.places(cwds).items():
        assert tree.project(project) == tree.project(cwd)
        assert tree.places([*cwds, project])[project] == tree.places([*cwds, project])[cwd]


@settings(max_examples=scaled(300))
@given(known=KNOWN, gone=st.lists(paths(), max_size=6), merges=MERGES)
def test_names_tell_all_projects_apart(*, known: list[Folder], gone: list[str], merges: bool) -> None:
    """Two folders have one name if and only if they are one project."""
    cwds = [*gone, *(folder.cwd for folder in known)]
    found = place(cwds, known, Grouping(home="/home/me", merges_worktrees=merges))
    assert {each.cwd for each in found} == set(cwds)
    for one in found:
        for other in found:
            assert (one.name == other.name) == (one.project == other.project)
            if not merges:
                assert (one.project == other.project) == (key(one.cwd) == key(other.cwd))


@settings(max_examples=scaled(300))
@given(found=st.lists(paths(), max_size=8), taken=st.lists(PARTS, max_size=2))
def test_a_name_is_the_end_of_its_path(found: list[str], taken: list[str]) -> None:
    """And of nobody else's; it is taken by nobody, unless it is all of the path."""
    names = short_names(found, home="/home/me", taken=taken)
    for path, name in names.items():
        assert path.endswith(name) or name.startswith("~")
        if name != path and not name.startswith("~"):
            assert name.casefold() not in map(str.casefold, taken)
    assert len(set(names.values())) == len(set(found))
