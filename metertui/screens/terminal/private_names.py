"""The private names of Textual that this package uses, and whether the installed version may be trusted to have them.

The modules that use them were tested with one version. With any other the app uses Textual's own classes instead: it
then draws more slowly, and is not broken.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

TESTED_VERSION: Final = "8.2.8"
"""The version of Textual that the modules below were tested with. Run the tests of this package before changing it."""

PRIVATE_NAMES: Final = {
    "escape_key": (
        "textual._xterm_parser:XTermParser.feed",
        "textual._xterm_parser:XTermParser.tick",
        "textual._parser:Parser._timeout_time",
    ),
    "patient_driver": (
        "textual.drivers.linux_driver:XTermParser",
        "textual.drivers.linux_driver:LinuxDriver.start_application_mode",
        "textual.drivers.linux_driver:LinuxDriver.write",
        "textual.drivers.linux_driver:LinuxDriver.close",
        "textual.drivers.linux_driver:LinuxDriver._file",
        "textual.driver:Driver._app",
    ),
    "screen_diff": (
        "textual._compositor:CompositorUpdate.render_segments",
        "textual._compositor:LayoutUpdate.strips",
        "textual._compositor:LayoutUpdate.region",
        "textual._compositor:ChopsUpdate.spans",
        "textual._compositor:ChopsUpdate.chops",
        "textual._compositor:ChopsUpdate.chop_ends",
    ),
    "textual_patches": (
        "textual._compositor:Compositor._get_renders",
        "textual._compositor:Compositor.visible_widgets",
        "textual._compositor:Compositor.size",
        "textual._styles_cache:StylesCache.get_inner_outer",
        "textual.screen:Screen._compositor",
        "textual.screen:Screen._on_screen_resume",
        "textual.screen:Screen._on_screen_suspend",
        "textual.events:ScreenResume.refresh_styles",
        "textual.app:App._display",
        "textual.app:App._driver",
        "textual.app:App._shutdown",
    ),
}
"""By the module that uses them: `module:name` or `module:Class.attribute`."""


def is_tested_textual() -> bool:
    """Return whether the installed Textual is the version that the private names were tested with."""
    return version("textual") == TESTED_VERSION
