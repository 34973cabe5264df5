package dev.backplane.cli;

import dev.backplane.core.Problem;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;

/// The program `backplane`.
public final class Main {
    private Main() {}

    /// Runs one command and ends the process with its exit code.
    public static void main(String[] words) {
        // Unbuffered streams of our own: System.out would encode by locale and swallow errors.
        Terminal terminal =
                Terminal.ofProcess(
                        new FileInputStream(FileDescriptor.in),
                        new FileOutputStream(FileDescriptor.out),
                        new FileOutputStream(FileDescriptor.err));
        System.exit(run(List.of(words), terminal));
    }

    /// Runs one command; everything it reads and writes is the terminal's.
    ///
    /// @return the exit code
    static int run(List<String> words, Terminal terminal) {
        Optional<Agent> agent = Agent.detect(terminal.environment());
        boolean isAgent = agent.isPresent() && agent.get().isSure();
        Format format = CommandLine.format(words, terminal.environment(), isAgent);
        Output output = new Output(format, terminal);
        try {
            Invocation invocation = CommandLine.parse(words, terminal.environment(), isAgent);
            int code = new Dispatch(terminal, output, agent).run(invocation);
            output.flush();
            return code;
        } catch (Screen.ReaderGone _) {
            return 0;
        } catch (Failure failure) {
            return report(output, failure);
        } catch (Problem problem) {
            return report(output, Failure.of(problem));
        } catch (RuntimeException e) {
            return report(output, defect(e, terminal));
        }
    }

    private static int report(Output output, Failure failure) {
        try {
            // What was printed before the failure stands, in order.
            output.data().flush();
            output.failure(failure);
        } catch (Screen.ReaderGone | Failure _) {
            return failure.exitCode();
        }
        return failure.exitCode();
    }

    /// A mistake in this program, reported as such; the stack is shown on request only.
    private static Failure defect(RuntimeException e, Terminal terminal) {
        if (!terminal.variable("BACKPLANE_DEBUG").isEmpty()) {
            StringWriter stack = new StringWriter();
            e.printStackTrace(new PrintWriter(stack, true));
            new Screen(terminal.error(), false, false, false, 0).print(stack.toString());
        }
        return Failure.of(
                        Problem.Kind.INTERNAL,
                        "a defect in the command line",
                        "a defect in the command line: " + e)
                .hint("set BACKPLANE_DEBUG=1 to see where, and report it");
    }
}
