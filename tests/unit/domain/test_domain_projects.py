"""Which folders are one project, and what projects are called."""

from __future__ import annotations

import pytest

from ccmeter.domain.filters import Grouping, Label
from ccmeter.domain.projects import Folder, Placed, Tree, chosen, key, main_tree, place, short_names

HOME = "/home/me"
SHOP = Folder(cwd="/home/me/work/shop", top="/home/me/work/shop", root="/home/me/work/shop")


def placed(*cwds: str, folders: tuple[Folder, ...] = (), **more: object) -> dict[str, Placed]:
    """Place folders for somebody at home in `HOME`."""
    grouping = Grouping(home=HOME, **more)  # type: ignore[arg-type]
    return {each.cwd: each for each in place(cwds, folders, grouping)}


def project(cwd: str, *folders: Folder) -> str:
    """Give the project of one folder."""
    return placed(cwd, folders=folders)[cwd].project


@pytest.mark.parametrize(
    ("gitdir", "main"),
    [
        ("/w/shop/.git", None),
        ("/w/super/.git/modules/lib", None),
        ("/elsewhere/shop.git", None),
        ("/w/shop/.git/worktrees/fix", "/w/shop"),
        ("/w/shop/.git/worktrees/fix/", "/w/shop"),
        ("/w/shop/.bare/worktrees/fix", "/w/shop"),
        ("/srv/shop.git/worktrees/fix", "/srv/shop.git"),
        ("/w/super/.git/modules/lib/worktrees/fix", "/w/super/lib"),
        ("/w/super/.git/modules/libs/a/modules/b/worktrees/fix", "/w/super/libs/a/b"),
        ("C:/w/shop/.git/worktrees/fix", "C:/w/shop"),
        ("C:\\w\\shop\\.git\\worktrees\\fix", "C:\\w\\shop"),
        ("C:\\w\\super\\.git\\modules\\lib\\worktrees\\fix", "C:\\w\\super\\lib"),
    ],
)
def test_a_gitdir_tells_the_main_working_tree(gitdir: str, main: str | None) -> None:
    """Only worktrees have another one; a submodule is a repository of its own."""
    assert main_tree(gitdir) == main


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("/w/shop", "/w/shop/", True),
        ("/w//shop", "/w/shop", True),
        ("/w/shop", "/w/Shop", False),
        ("/w/shop", "w/shop", False),
        ("/w/sh\\op", "/w/sh/op", False),
        ("C:\\w\\shop", "c:/W/Shop/", True),
        ("C:\\w\\shop", "D:\\w\\shop", False),
        ("C:\\w\\shop", "/c/w/shop", False),
        ("\\\\server\\share\\shop", "//SERVER/share/shop", True),
        ("\\\\server\\share", "C:\\server\\share", False),
    ],
)
def test_spellings_of_one_folder_are_told_from_two_folders(one: str, other: str, *, is_same: bool) -> None:
    """Windows knows neither case nor the two slashes apart; other systems know both."""
    assert (key(one) == key(other)) is is_same


@pytest.mark.parametrize(
    "cwd",
    [
        "/home/me/work/shop",
        "/home/me/work/shop/",
        "/home/me/work/shop/packages/api",
        "/home/me/work/shop/.claude/worktrees/quick-fox",
        "/home/me/work/shop/.claude/worktrees/quick-fox/packages/api",
        "/home/me/work/shop/.worktrees/fix",
        "/home/me/work/shop/worktrees/fix",
        "/home/me/work/worktrees/shop/fix",
        "/home/me/work/worktrees/fix",
        "/home/me/work/shop-worktrees/fix",
        "/home/me/work/shop.worktrees/fix/src",
    ],
)
def test_folders_that_are_gone_belong_to_the_repository_by_their_shape(cwd: str) -> None:
    """Nothing is known of them but their path, and that their repository is there."""
    assert project(cwd, SHOP) == SHOP.cwd


@pytest.mark.parametrize(
    ("cwd", "found"),
    [
        ("/w/old/.claude/worktrees/a", "/w/old"),
        ("/w/old/.worktrees/a/src", "/w/old"),
        ("/w/old/.claude/worktrees/a/.claude/worktrees/b", "/w/old"),
        ("/w/worktrees/x/.claude/worktrees/y", "/w/worktrees/x"),
        ("/w/old/worktrees/a", "/w/old/worktrees/a"),
        ("/w/old-worktrees/a", "/w/old-worktrees/a"),
        ("/w/old/.claude/worktrees", "/w/old/.claude/worktrees"),
        ("/home/me/.claude/worktrees/a", "/home/me/.claude/worktrees/a"),
        ("/home/me/.worktrees/a", "/home/me/.worktrees/a"),
        ("/w/oldest", "/w/oldest"),
        ("/", "/"),
        ("C:\\w\\old\\.Claude\\Worktrees\\a", "C:\\w\\old"),
    ],
)
def test_shapes_that_are_not_sure_are_no_worktrees(cwd: str, found: str) -> None:
    """Without its repository, only a folder that agents make says where it belongs; a home folder has no worktrees."""
    assert project(cwd) == found


def test_a_folder_of_worktrees_beside_two_repositories_belongs_to_neither() -> None:
    """A guess would count one project's money as another's."""
    other = Folder(cwd="/home/me/work/web", top="/home/me/work/web", root="/home/me/work/web")
    assert project("/home/me/work/worktrees/fix", SHOP, other) == "/home/me/work/worktrees/fix"
    assert project("/home/me/work/worktrees/web", SHOP, other) == "/home/me/work/web"


def test_a_worktree_that_was_there_belongs_to_its_repository_for_good() -> None:
    """Wherever it was; what is below it too, though nobody saw that."""
    tree = Folder(cwd="/tmp/fix/src", top="/tmp/fix", root=SHOP.root, is_worktree=True)
    assert project("/tmp/fix/src", tree) == SHOP.root
    assert project("/tmp/fix/docs", tree) == SHOP.root
    assert project("/tmp/fixes", tree) == "/tmp/fixes"


def test_a_repository_within_another_is_a_project_of_its_own() -> None:
    """A submodule, or a clone in a folder of clones."""
    module = Folder(cwd="/home/me/work/shop/lib", top="/home/me/work/shop/lib", root="/home/me/work/shop/lib")
    assert project("/home/me/work/shop/lib/src", SHOP, module) == "/home/me/work/shop/lib"
    assert project("/home/me/work/shop/src", SHOP, module) == SHOP.root


@pytest.mark.parametrize("top", ["/home/me", "/home", "/"])
def test_a_repository_at_the_home_folder_takes_nothing_in(top: str) -> None:
    """People keep their dotfiles so; their projects are none of it."""
    dots = Folder(cwd="/home/me/notes", top=top, root=top)
    assert project("/home/me/notes", dots) == "/home/me/notes"
    assert project("/home/me/gone", dots) == "/home/me/gone"


def test_a_repository_at_the_top_of_a_drive_takes_nothing_in() -> None:
    """The same where paths have drives."""
    assert project("D:\\work\\a", Folder(cwd="D:\\work\\a", top="D:\\", root="D:\\")) == "D:\\work\\a"


def test_a_linked_folder_is_its_target_and_called_as_people_see_it() -> None:
    """A home folder is often a link; nobody wants to read where to."""
    linked = Folder(cwd="/home/me/shop/src", top="/home/me/shop", root="/data/7/me/shop")
    real = Folder(cwd="/data/7/me/shop", top="/data/7/me/shop", root="/data/7/me/shop")
    into = Folder(cwd="/home/me/link", top="/data/7/me/shop", root="/data/7/me/shop")
    found = placed("/home/me/shop/src", "/data/7/me/shop", "/home/me/link", folders=(linked, real, into))
    assert {each.project for each in found.values()} == {"/home/me/shop"}
    assert found["/home/me/link"].name == "shop"


def test_spellings_of_a_windows_folder_are_one_project() -> None:
    """Shells disagree about drive letters."""
    found = placed("c:\\dev\\Shop", "C:\\dev\\shop", "C:\\dev\\shop\\")
    assert {each.project for each in found.values()} == {"C:\\dev\\shop"}


def test_working_trees_can_be_kept_apart() -> None:
    """Then a project is the folder, in whatever spelling."""
    found = placed("/home/me/work/shop", "/home/me/work/shop/api/", folders=(SHOP,), merges_worktrees=False)
    assert [each.project for each in found.values()] == ["/home/me/work/shop", "/home/me/work/shop/api"]


def test_names_are_as_long_as_tells_them_apart() -> None:
    """The end of a path names it; the home folder is a tilde."""
    names = short_names(
        ["/home/me/a/web", "/home/me/b/web", "/srv/web", "/home/me/c/notes", "/home/me", "/", "/home/me/b"],
        home=HOME,
    )
    assert names == {
        "/home/me/a/web": "a/web",
        "/home/me/b/web": "b/web",
        "/srv/web": "srv/web",
        "/home/me/c/notes": "notes",
        "/home/me": "~",
        "/": "/",
        "/home/me/b": "b",
    }


def test_names_that_only_look_different_are_longer() -> None:
    """Case and slashes tell nobody which project is meant."""
    names = short_names(["/a/Web", "/b/web", "C:\\b\\web", "/x/unknown"], taken=["Unknown"])
    assert names == {
        "/a/Web": "a/Web",
        "/b/web": "/b/web",
        "C:\\b\\web": "C:\\b\\web",
        "/x/unknown": "x/unknown",
    }
    assert short_names(["/web", "/x/web"]) == {"/web": "/web", "/x/web": "x/web"}
    assert short_names(["/x/Web", "/x/web"]) == {"/x/Web": "/x/Web", "/x/web": "/x/web"}


def test_what_is_said_of_a_folder_holds_for_its_project() -> None:
    """Alias, group and tags; what is said of the project's own folder goes first, and tags are united."""
    labels = (
        Label(path="~/work/shop/api", alias="Api", group="b", tags=("x", "work")),
        Label(path="~/work/shop", alias="Shop", tags=("work",)),
        Label(path="/nowhere", alias="Nothing"),
    )
    found = placed("/home/me/work/shop/web", "/x", folders=(SHOP,), labels=labels)
    shop = found["/home/me/work/shop/web"]
    assert (shop.name, shop.group, shop.tags) == ("Shop", "b", ("work", "x"))
    assert (found["/x"].name, found["/x"].group, found["/x"].tags) == ("x", "", ())


def test_kept_apart_a_name_is_for_its_folder_and_tags_for_the_repository() -> None:
    """Somebody who tags a repository means what is done in its worktrees too."""
    labels = (Label(path="~/work/shop", alias="Shop", group="g", tags=("work",)),)
    found = placed(
        "/home/me/work/shop", "/home/me/work/shop/api", folders=(SHOP,), labels=labels, merges_worktrees=False
    )
    assert [each.name for each in found.values()] == ["Shop", "api"]
    assert [each.tags for each in found.values()] == [("work",), ("work",)]
    assert [each.group for each in found.values()] == ["g", "g"]


def test_an_alias_is_taken() -> None:
    """No path is shortened to it, and two projects with one alias have their paths behind it."""
    labels = (
        Label(path="/a/x", alias="web"),
        Label(path="~/one", alias="Two"),
        Label(path="/b/two", alias="two"),
    )
    found = placed("/a/x", "/b/web", "/home/me/one", "/b/two", labels=labels)
    assert [each.name for each in found.values()] == [
        "web",
        "two (/b/two)",
        "b/web",
        "Two (~/one)",
    ]


KNOWN = place(
    ["", "/w/web", "/v/web", "/w/shop", "/w/shop/api", "C:\\w\\Web"],
    [Folder(cwd="/w/shop", top="/w/shop", root="/w/shop")],
    Grouping(
        home="/w",
        labels=(
            Label(path="/v/web", alias="Site", group="Client", tags=("Work",)),
            Label(path="/w/shop", tags=("x",)),
        ),
    ),
)


@pytest.mark.parametrize(
    ("projects", "tags", "cwds"),
    [
        (["/w/web"], [], ["/w/web"]),
        (["~/web"], [], ["/w/web"]),
        (["web"], [], ["/v/web", "/w/web", "C:\\w\\Web"]),
        (["w\\web"], [], ["C:\\w\\Web"]),
        (["c:\\W\\web"], [], ["C:\\w\\Web"]),
        (["-w-web"], [], ["/w/web"]),
        (["site"], [], ["/v/web"]),
        (["CLIENT"], [], ["/v/web"]),
        (["/w/shop"], [], ["/w/shop", "/w/shop/api"]),
        (["shop"], [], ["/w/shop", "/w/shop/api"]),
        (["/w/shop/api"], [], ["/w/shop/api"]),
        (["api"], [], ["/w/shop/api"]),
        (["unknown"], [], [""]),
        ([""], [], [""]),
        (["eb"], [], []),
        ([], ["work"], ["/v/web"]),
        ([], ["WORK", "x"], ["/v/web", "/w/shop", "/w/shop/api"]),
        (["shop"], ["work"], []),
        (["shop", "site"], [], ["/v/web", "/w/shop", "/w/shop/api"]),
        ([], [], ["", "/v/web", "/w/shop", "/w/shop/api", "/w/web", "C:\\w\\Web"]),
    ],
)
def test_projects_are_asked_for_by_name_path_and_tag(
    projects: list[str], tags: list[str], cwds: list[str]
) -> None:
    """A name goes before a path, and a project before a folder in one."""
    assert [each.cwd for each in chosen(KNOWN, projects, tags, "/w")] == cwds


def test_what_is_known_of_a_place_that_was_used_twice_does_not_depend_on_order() -> None:
    """A worktree was removed, and a repository of its own stands there now."""
    was = Folder(cwd="/w/x/a", top="/w/x", root="/w/shop", is_worktree=True)
    now = Folder(cwd="/w/x/b", top="/w/x", root="/w/x")
    for folders in ((was, now), (now, was)):
        tree = Tree(folders)
        assert tree.places(["/w/x", "/w/x/a", "/w/x/b"]) == {
            "/w/x": "/w/x",
            "/w/x/a": "/w/shop",
            "/w/x/b": "/w/x",
        }


def test_a_link_that_leads_elsewhere_now_names_what_is_there_now() -> None:
    """It was the way to one repository, and is another one itself today."""
    was = Folder(cwd="/w/now/a", top="/w/now", root="/data/shop")
    now = Folder(cwd="/w/now/b", top="/w/now", root="/w/now")
    assert Tree((was, now)).places(["/w/now/a", "/w/now/b"]) == {
        "/w/now/a": "/data/shop",
        "/w/now/b": "/w/now",
    }
