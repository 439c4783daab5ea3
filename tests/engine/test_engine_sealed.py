"""What a sealed run's environment drops and sets, and what is refused before anything runs."""

from pathlib import Path

import pytest

from engine import sealed
from engine.sealed import Refused


def made(environ, **more):
    folders = {name: Path("/p") / name for name in ("engine", "home", "work", "root")}
    return sealed.environment(environ, **folders, python=Path("/p/venv/bin/python"), **more)


@pytest.mark.parametrize(
    "name",
    [
        "ARM_CLIENT_SECRET", "ARM_USE_MSI", "ARM_SUBSCRIPTION_ID", "AZURE_CLIENT_ID", "AZURE_TENANT_ID",
        "AZURE_BATCH_ENDPOINT", "PULUMI_ACCESS_TOKEN", "PULUMI_DEBUG_PROVIDERS", "PULUMI_OPTION_TARGET",
        "GITHUB_TOKEN", "GH_TOKEN", "GITHUB_ENV", "GITHUB_STEP_SUMMARY", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_CACHE_URL", "INPUT_TOKEN",
        "SYSTEM_ACCESSTOKEN", "SYSTEM_OIDCREQUESTURI", "ENDPOINT_AUTH_SYSTEMVSSCONNECTION", "VSS_NUGET_ACCESSTOKEN",
        "system_accesstoken", "CI_JOB_TOKEN", "NPM_TOKEN", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "OPENAI_API_KEY",
        "SSH_AUTH_SOCK", "PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES", "PULUMI_CONFIG_PASSPHRASE_FILE",
        "IDENTITY_ENDPOINT", "MSI_ENDPOINT",
    ],
)  # fmt: skip
def test_what_chooses_credentials_backends_or_providers_is_dropped(name):
    assert name not in made({name: "x"})


@pytest.mark.parametrize(
    "name",
    [
        "HOME",
        "LANG",
        "CI",
        "TERM",
        "NO_COLOR",
        "PYTHONPATH",
        "TOKENIZERS",
        "EXTENSION_POOL_GATE",
        "TF_BUILD",
        "GITHUB_ACTIONS",
    ],
)
def test_what_a_program_needs_is_kept(name):
    assert made({name: "x"})[name] == "x"


def test_what_seals_a_run_wins_over_the_caller_and_the_rest_stays():
    env = made({"PULUMI_BACKEND_URL": "s3://x", "HTTPS_PROXY": "http://proxy", "PATH": "/usr/bin"}, speed=60)
    assert env["PULUMI_BACKEND_URL"] == "file:///p/work/state"
    assert env["PULUMI_HOME"] == "/p/home"
    assert env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert env["PULUMI_IGNORE_AMBIENT_PLUGINS"] == "true"
    assert env["AZURE_TOKEN_CREDENTIALS"] == "EnvironmentCredential"
    assert env["AZURE_CONFIG_DIR"] == "/p/work/az"
    assert env["HTTPS_PROXY"] == "http://proxy"
    assert env["PATH"] == "/p/venv/bin:/p/engine:/usr/bin"
    assert env["LOCAL_AZURE_DIR"] == "/p/work/azure"
    assert env["LOCAL_AZURE_SPEED"] == "60"


def test_local_azure_is_not_looked_for_through_a_proxy():
    env = made({"HTTP_PROXY": "http://proxy", "NO_PROXY": "corp.example"})
    assert env["NO_PROXY"] == "corp.example,127.0.0.1,localhost"
    assert env["no_proxy"] == "127.0.0.1,localhost"


def test_the_address_of_local_batch_is_passed_on():
    env = made({"AZURE_BATCH_ENDPOINT": "https://real"}, batch={"AZURE_BATCH_ENDPOINT": "http://127.0.0.1:1"})
    assert env["AZURE_BATCH_ENDPOINT"] == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("environ", "project"),
    [
        ({"PULUMI_BACKEND_URL": "https://api.pulumi.com"}, {}),
        ({"PULUMI_BACKEND_URL": "azblob://state"}, {}),
        ({}, {"backend": {"url": "s3://state"}}),
    ],
)
def test_a_backend_that_is_not_a_folder_is_refused(environ, project):
    with pytest.raises(Refused, match="runs on local Azure only"):
        sealed.refuse_foreign_backend(environ, project)


def test_a_password_in_a_backend_url_is_not_shown():
    with pytest.raises(Refused) as caught:
        sealed.refuse_foreign_backend({"PULUMI_BACKEND_URL": "postgres://me:hush@host/db"}, {})
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("environ", "project"),
    [({}, {}), ({"PULUMI_BACKEND_URL": "file:///x"}, {"backend": {"url": "file://~"}}), ({}, {"backend": None})],
)
def test_a_folder_as_a_backend_is_fine(environ, project):
    sealed.refuse_foreign_backend(environ, project)


def test_a_provider_program_in_the_project_is_refused_and_a_component_plugin_is_not(tmp_path):
    (tmp_path / "component").mkdir()
    (tmp_path / "component" / "PulumiPlugin.yaml").write_text("runtime: python\n")
    (tmp_path / "binary").mkdir()
    sealed.refuse_providers({"plugins": {"providers": [{"name": "x", "path": "component"}]}}, tmp_path)
    for entry in ({"name": "x", "path": "binary"}, {"name": "azure-native", "path": "component"}):
        with pytest.raises(Refused, match=r"plugins\.providers"):
            sealed.refuse_providers({"plugins": {"providers": [entry]}}, tmp_path)


@pytest.mark.parametrize(
    "command",
    [
        "login",
        "install",
        "plugin install resource azure-native",
        "package add x",
        "-v=3 login",
        "up --cwd /x",
        "up -C x",
    ],
)
def test_commands_that_leave_the_seal_are_refused(command):
    with pytest.raises(Refused):
        sealed.refuse_command(command.split())


@pytest.mark.parametrize("command", ["up --yes", "stack init dev", "plugin ls", "config set a install"])
def test_other_commands_are_not(command):
    sealed.refuse_command(command.split())


def test_a_plugin_beside_ours_is_found(tmp_path):
    ours = tmp_path / "plugins" / "resource-azure-native-v3.29.0"
    assert sealed.foreign_plugins(tmp_path, ours) == []
    for name in ("resource-azure-native-v3.29.0", "resource-azapi-v1.0.0"):
        (tmp_path / "plugins" / name).mkdir(parents=True)
    assert [path.name for path in sealed.foreign_plugins(tmp_path, ours)] == ["resource-azapi-v1.0.0"]
