"""Layout: which places of tests are found to be wrong, and which are left alone."""

from pathlib import PurePosixPath

import pytest

from infra.lint import layout
from infra.lint.__main__ import TREE_LINTS
from infra.lint.source import Source

CODE = [
    "functions/send_mail/main.py",
    "shared/quotas/__init__.py",
    "shared/quotas/rates.py",
    "shared/domain/orders/queries.py",
    "infra/local/install.sh",
]


@pytest.fixture
def found():
    """Provide `found(lint, path)`: the paths of a lint's findings in a small tree with this file besides."""

    def look(lint, *paths):
        sources = [Source(PurePosixPath(path), "") for path in (*CODE, *paths)]
        return [str(finding.path) for finding in lint(sources)]

    return look


@pytest.mark.parametrize("path", ["tests/functions/test_send_mail.py", "tests/functions/send_mail/test_send_mail.py"])
def test_a_function_with_a_test_file_of_its_name_is_left_alone(found, path):
    assert found(layout.functions_have_tests, path) == []


@pytest.mark.parametrize(
    "path",
    ["tests/functions/test_mails.py", "tests/shared/test_send_mail.py", "tests/functions/test_send_mail_races.py"],
)
def test_a_function_without_a_test_file_is_found(found, path):
    assert found(layout.functions_have_tests, path) == ["functions/send_mail/main.py"]
    assert layout.functions_have_tests in TREE_LINTS


@pytest.mark.parametrize(
    "path",
    [
        "tests/functions/test_send_mail_races.py",
        "tests/functions/send_mail/test_letters.py",
        "tests/shared/test_quotas.py",
        "tests/shared/quotas/test_quotas.py",
        "tests/shared/quotas/test_rates.py",
        "tests/shared/quotas/test_rates_outages.py",
        "tests/shared/domain/test_orders_payments.py",
        "tests/infra/local/test_install.py",
        "tests/races/test_anything.py",
        "tests/shared/quotas/plans.py",
    ],
)
def test_a_test_module_named_after_code_is_left_alone(found, path):
    assert found(layout.tests_are_named_after_code, path) == []


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_quotas.py",
        "tests/other/test_quotas.py",
        "tests/functions/test_growth.py",
        "tests/functions/messaging/test_send_mail_races.py",
        "tests/functions/messaging/test_inbox.py",
        "tests/shared/quotas/test_limits.py",
        "tests/shared/quotas/test_ratesetting.py",
        "tests/shared/limits/test_rates.py",
        "tests/infra/test_install.py",
    ],
)
def test_a_test_module_without_code_of_its_name_is_found(found, path):
    assert found(layout.tests_are_named_after_code, path) == [path]
    assert layout.tests_are_named_after_code in TREE_LINTS
