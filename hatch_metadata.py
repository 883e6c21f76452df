"""State in the metadata of a release where the project is; without that, leave it out."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from hatchling.metadata.plugin.interface import MetadataHookInterface

# The workflow that builds a release sets both. A clone has no address of its own.
REPOSITORY = "SKLSTM_REPOSITORY"
DOCUMENTATION = "SKLSTM_DOCUMENTATION"

# The start of an image or the end of a link's text, and where it leads to.
LINK = re.compile(r"(!\[[^\]]*\]|\])\(([^)\s]+)\)")


def absolute_links(markdown: str, repository: str, version: str) -> str:
    """Let the links of a page lead into the repository, to the files of one release.

    Parameters
    ----------
    markdown : str
        A page of the repository's root, with links relative to it.
    repository : str
        Address of the repository, without a slash at the end.
    version : str
        The release. Its tag is this with a ``v`` in front.

    Returns
    -------
    str
        The page with absolute links.
    """

    def absolute(match: re.Match[str]) -> str:
        text, target = match.groups()
        # A file is shown, an image is the file itself.
        view = "raw" if text.startswith("!") else "blob"
        return f"{text}({urljoin(f'{repository}/{view}/v{version}/README.md', target)})"

    return LINK.sub(absolute, markdown)


class AddressHook(MetadataHookInterface):
    """Give a release its addresses, and a README whose links work outside the repository."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set ``readme``, and ``urls`` where the addresses are known."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        repository = os.environ.get(REPOSITORY, "").rstrip("/")
        documentation = os.environ.get(DOCUMENTATION, "").rstrip("/")
        urls = {}
        if documentation:
            urls["Documentation"] = f"{documentation}/"
        if repository:
            text = absolute_links(text, repository, metadata["version"])
            urls["Source"] = repository
            urls["Changelog"] = f"{repository}/blob/v{metadata['version']}/CHANGELOG.md"
            urls["Issues"] = f"{repository}/issues"
        metadata["urls"] = urls
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
