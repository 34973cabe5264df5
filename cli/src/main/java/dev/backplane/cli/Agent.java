package dev.backplane.cli;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Which coding agent runs this program, told from the environment by a table that ships with it:
/// no request is made and no file is read.
///
/// A signal is *sure* when only an agent's own shell sets it; it then switches the output format. A
/// *likely* one also stands in shells that people use (an editor's terminal, a hosted workspace);
/// it only tags requests. Variables that name a *terminal program* (`TERM_PROGRAM=WarpTerminal`,
/// `ZED_TERM`) say nothing about who types: they are no signal at all. The same goes for users'
/// configuration (`CODEX_HOME`, `CLINE_API_KEY`, `COPILOT_MODEL`).
///
/// Sources: the harness list of huggingface_hub, vercel/detect-agent, cli/cli #13722, slack-cli
/// #664 (`AGENT=1` is an agent without a name), huggingface_hub #4860 (Warp users taken for
/// agents).
///
/// @param id of the agent, `unknown` when it did not name itself
/// @param signal the variable that told
record Agent(String id, String signal, boolean isSure) {
    private record Signal(String id, String variable, String value, boolean isSure) {
        boolean matches(Map<String, String> environment) {
            String found = environment.getOrDefault(variable, "");
            return value.isEmpty() ? !found.isEmpty() && !isNo(found) : found.equals(value);
        }
    }

    /// In order: the first match wins, so a harness stands before the one it is built on and before
    /// those whose variables its shells inherit.
    private static final List<Signal> SIGNALS =
            List.of(
                    sure("cowork", "CLAUDE_CODE_IS_COWORK"),
                    sure("claude-code", "CLAUDECODE"),
                    sure("claude-code", "CLAUDE_CODE"),
                    sure("codex", "CODEX_SANDBOX"),
                    sure("codex", "CODEX_CI"),
                    sure("codex", "CODEX_THREAD_ID"),
                    sure("gemini-cli", "GEMINI_CLI"),
                    sure("github-copilot", "COPILOT_CLI"),
                    sure("github-copilot", "COPILOT_AGENT_SESSION_ID"),
                    sure("cursor-cli", "CURSOR_AGENT"),
                    sure("antigravity", "ANTIGRAVITY_AGENT"),
                    sure("augment-cli", "AUGMENT_AGENT"),
                    sure("cline", "CLINE_ACTIVE"),
                    sure("crush", "CRUSH"),
                    sure("goose", "GOOSE_TERMINAL"),
                    sure("hermes-agent", "HERMES_SESSION_ID"),
                    sure("kilo-code", "KILOCODE_FEATURE"),
                    sure("kiro", "AGENT_CONTEXT_OUT"),
                    sure("openclaw", "OPENCLAW_SHELL"),
                    sure("opencode", "OPENCODE_CLIENT"),
                    sure("opencode", "OPENCODE"),
                    sure("pi", "PI_CODING_AGENT"),
                    sure("qwen-code", "QWEN_CODE"),
                    sure("roo-code", "ROO_ACTIVE"),
                    sure("trae", "TRAE_AI_SHELL_ID"),
                    new Signal("vtcode", "VTCODE", "1", true),
                    new Signal("kiro", "TERM_PROGRAM", "kiro", false),
                    likely("replit", "REPL_ID"),
                    likely("cursor", "CURSOR_TRACE_ID"));

    /// Agents that are known by the standard variables only.
    private static final List<String> NAMED = List.of("amp", "devin", "hi");

    private static Signal sure(String id, String variable) {
        return new Signal(id, variable, "", true);
    }

    private static Signal likely(String id, String variable) {
        return new Signal(id, variable, "", false);
    }

    /// The agent that these variables tell of.
    ///
    /// `BACKPLANE_AGENT` decides alone when it is set: a name, or `none`. Then comes `AI_AGENT`,
    /// whose value is a name by convention, then the table, then `AGENT`, which other programs use
    /// for other things: it counts when it names an agent of the table or is a plain yes.
    static Optional<Agent> detect(Map<String, String> environment) {
        String own = environment.getOrDefault("BACKPLANE_AGENT", "");
        if (!own.isEmpty()) {
            return isNo(own) ? Optional.empty() : Optional.of(named(own, "BACKPLANE_AGENT"));
        }
        String standard = environment.getOrDefault("AI_AGENT", "");
        if (!standard.isEmpty() && !isNo(standard) && !isYes(standard)) {
            return Optional.of(named(standard, "AI_AGENT"));
        }
        for (Signal signal : SIGNALS) {
            if (signal.isSure() && signal.matches(environment)) {
                return Optional.of(new Agent(signal.id(), signal.variable(), true));
            }
        }
        if (isYes(standard)) {
            return Optional.of(new Agent("unknown", "AI_AGENT", true));
        }
        String common = environment.getOrDefault("AGENT", "");
        if (isYes(common)) {
            return Optional.of(new Agent("unknown", "AGENT", true));
        }
        if (isKnown(name(common))) {
            return Optional.of(named(common, "AGENT"));
        }
        for (Signal signal : SIGNALS) {
            if (!signal.isSure() && signal.matches(environment)) {
                return Optional.of(new Agent(signal.id(), signal.variable(), false));
            }
        }
        return Optional.empty();
    }

    /// The variables of the table that switch the output format.
    static List<String> sureVariables() {
        return SIGNALS.stream().filter(Signal::isSure).map(Signal::variable).toList();
    }

    private static Agent named(String value, String variable) {
        String name = isYes(value) ? "" : name(value);
        return new Agent(name.isEmpty() ? "unknown" : name, variable, true);
    }

    /// The name in `Name/1.2` or `name@1.2`, safe for a header: at most 40 letters, digits, dots,
    /// dashes and underscores.
    private static String name(String value) {
        StringBuilder name = new StringBuilder();
        for (char letter : value.strip().toLowerCase(Locale.ROOT).toCharArray()) {
            if (letter == '/' || letter == '@' || name.length() == 40) {
                break;
            }
            boolean isPlain =
                    letter >= 'a' && letter <= 'z'
                            || letter >= '0' && letter <= '9'
                            || letter == '.'
                            || letter == '_';
            name.append(isPlain ? letter : '-');
        }
        return name.toString();
    }

    private static boolean isKnown(String id) {
        return NAMED.contains(id) || SIGNALS.stream().anyMatch(signal -> signal.id().equals(id));
    }

    private static boolean isYes(String value) {
        return switch (value.strip().toLowerCase(Locale.ROOT)) {
            case "1", "true", "yes", "on", "y" -> true;
            case String _ -> false;
        };
    }

    private static boolean isNo(String value) {
        return switch (value.strip().toLowerCase(Locale.ROOT)) {
            case "0", "false", "no", "off", "n", "none" -> true;
            case String _ -> false;
        };
    }
}
