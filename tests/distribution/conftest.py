"""The built distribution, once for all tests."""

import pytest

from tests.distribution.built import Built, build


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("distribution"))
