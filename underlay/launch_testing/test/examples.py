"""Launch tests as users write them, as texts."""

PREAMBLE = """
import sys, unittest
import launch, launch_testing, launch_testing.actions, launch_testing.util, pytest
from launch.actions import ExecuteProcess, TimerAction
from launch_testing.asserts import *


def python(code, **options):
    return ExecuteProcess(cmd=[sys.executable, '-u', '-c', code], **options)

"""

GOOD = (
    PREAMBLE
    + """
@pytest.mark.launch_test
@launch_testing.parametrize('word', ['one', 'two'])
def generate_test_description(word):
    talker = python(
        "import signal, sys; signal.signal(signal.SIGINT, lambda *a: (print('bye'), sys.exit(3))); "
        "print('\\\\x1b[1mhello\\\\x1b[0m'); print('" + word + "', file=sys.stderr); signal.pause()",
        name='talker',
    )
    return launch.LaunchDescription([talker, launch_testing.actions.ReadyToTest()]), {'talker': talker}


class TestRunning(unittest.TestCase):
    @classmethod
    def setUpClass(cls, word):
        cls.seen = word

    def test_output(self, proc_output, proc_info, talker, word, test_args):
        proc_info.assertWaitForStartup(process=talker, timeout=30)
        proc_output.assertWaitFor('hello', process=talker, stream='stdout', timeout=30)
        proc_output.assertWaitFor(word, 'talker', ['-u'], timeout=30)
        self.assertFalse(proc_output.waitFor('hello', talker, timeout=0.0))  # it looks at stderr
        with self.assertRaises(launch_testing.util.NoMatchingProcessException):
            launch_testing.util.resolveProcesses(proc_info, process='talker', cmd_args=NO_CMD_ARGS)
        self.assertEqual(word, self.seen)
        self.assertEqual(test_args, {})
        self.assertEqual(len(proc_info.process_names()), 1)


@launch_testing.post_shutdown_test()
class TestEnded(unittest.TestCase):
    def test_codes(self, proc_info, talker):
        assertExitCodes(proc_info, [3], process=talker)
        with self.assertRaisesRegex(AssertionError, 'talker-[0-9] exited with code 3'):
            assertExitCodes(proc_info)

    def test_texts(self, proc_output, talker):
        with assertSequentialStdout(proc_output, talker) as checker:
            checker.assertInStdout('hello')
            checker.assertInStdout('bye')
            with self.assertRaises(AssertionError):
                checker.assertInStdout('hello')
        assertInStdout(proc_output, ['hello', 'bye'], 'talker')
        with self.assertRaises(AssertionError):
            assertInStderr(proc_output, 'hello', talker)
"""
)

FAILING = (
    PREAMBLE
    + """
@pytest.mark.launch_test
def generate_test_description():
    waiter = ExecuteProcess(cmd=['sleep', '99'])
    return launch.LaunchDescription([waiter, launch_testing.actions.ReadyToTest()])


class TestRunning(unittest.TestCase):
    def test_fails(self):
        self.assertEqual(1, 2)

    def test_passes(self):
        pass


@launch_testing.post_shutdown_test()
class TestEnded(unittest.TestCase):
    def test_codes(self, proc_info):
        assertExitCodes(proc_info, [EXIT_OK, EXIT_SIGINT])
"""
)

SHORT = (
    PREAMBLE
    + """
@pytest.mark.launch_test
def generate_test_description():
    done = python('print(1)')
    return launch.LaunchDescription([done, launch_testing.actions.ReadyToTest()]), {'done': done}


class TestRunning(unittest.TestCase):
    def test_end(self, proc_info, done):
        proc_info.assertWaitForShutdown(process=done, timeout=30)
        import time
        time.sleep(1.0)
"""
)

NEVER_READY = (
    PREAMBLE
    + """
@pytest.mark.launch_test
def generate_test_description():
    return launch.LaunchDescription([python('raise SystemExit(1)')])


class TestRunning(unittest.TestCase):
    def test_nothing(self):
        pass
"""
)

LATE = (
    PREAMBLE
    + """
@pytest.mark.launch_test
@launch_testing.ready_to_test_action_timeout(0.3)
def generate_test_description():
    ready = TimerAction(period=99.0, actions=[launch_testing.actions.ReadyToTest()])
    return launch.LaunchDescription([ExecuteProcess(cmd=['sleep', '99']), ready])


class TestRunning(unittest.TestCase):
    def test_nothing(self):
        pass
"""
)

PROGRAMS = (
    PREAMBLE
    + """
from launch.actions import RegisterEventHandler
from launch_testing.actions import GTest, PyTest
from launch_testing.event_handlers import StdoutReadyListener


@pytest.mark.launch_test
def generate_test_description():
    processes = {
        'slow': GTest(path='./slow', timeout=0.3),
        'quick': GTest(path='./quick', timeout=99.0),
        'python': PyTest(path='./test_other.py'),
    }
    ready = StdoutReadyListener(
        target_action=processes['python'], ready_txt='1 passed', actions=[launch_testing.actions.ReadyToTest()]
    )
    kept = launch_testing.util.KeepAliveProc()
    return launch.LaunchDescription([RegisterEventHandler(ready), *processes.values(), kept]), processes


class TestRunning(unittest.TestCase):
    def test_end(self, proc_info, slow, quick, python):
        for process in (slow, quick, python):
            proc_info.assertWaitForShutdown(process=process, timeout=30)
        assertExitCodes(proc_info, [-2], process=slow)
        assertExitCodes(proc_info, [0], process=quick)
        assertExitCodes(proc_info, [0], process=python)
"""
)
