package dev.backplane.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentTest {
    @ParameterizedTest
    @CsvSource({
        "CLAUDECODE, 1, claude-code, true",
        "CLAUDE_CODE_IS_COWORK, 1, cowork, true",
        "CODEX_SANDBOX, seatbelt, codex, true",
        "GEMINI_CLI, 1, gemini-cli, true",
        "CURSOR_AGENT, 1, cursor-cli, true",
        "COPILOT_CLI, 1, github-copilot, true",
        "OPENCODE, 1, opencode, true",
        "VTCODE, 1, vtcode, true",
        "AI_AGENT, Claude-Code/2.1.120, claude-code, true",
        "AI_AGENT, my agent@3, my-agent, true",
        "AI_AGENT, 1, unknown, true",
        "AGENT, 1, unknown, true",
        "AGENT, TRUE, unknown, true",
        "AGENT, amp, amp, true",
        "AGENT, goose, goose, true",
        "REPL_ID, 4711, replit, false",
        "CURSOR_TRACE_ID, 4711, cursor, false",
        "BACKPLANE_AGENT, house-bot, house-bot, true",
    })
    void oneVariableTells(String variable, String value, String id, boolean isSure) {
        assertThat(Agent.detect(Map.of(variable, value))).contains(new Agent(id, variable, isSure));
    }

    /// What stands in shells that people use, or means something else, is no agent.
    @ParameterizedTest
    @CsvSource({
        "TERM_PROGRAM, WarpTerminal",
        "TERM_PROGRAM, vscode",
        "ZED_TERM, true",
        "CODEX_HOME, /tmp/codex",
        "CLINE_API_KEY, secret",
        "COPILOT_MODEL, gpt-5",
        "CLAUDECODE, 0",
        "CLAUDECODE, ''",
        "VTCODE, 2",
        "AGENT, 0",
        "AGENT, false",
        "AGENT, /run/user/1000/gnupg/S.gpg-agent",
        "AGENT, jenkins",
        "AI_AGENT, none",
        "BACKPLANE_AGENT, none",
    })
    void otherVariablesDoNot(String variable, String value) {
        assertThat(Agent.detect(Map.of(variable, value))).isEmpty();
    }

    @Test
    void ownVariableDecidesAlone() {
        assertThat(Agent.detect(Map.of("BACKPLANE_AGENT", "none", "CLAUDECODE", "1"))).isEmpty();
        assertThat(Agent.detect(Map.of("BACKPLANE_AGENT", "bot", "CLAUDECODE", "1")))
                .map(Agent::id)
                .contains("bot");
    }

    @Test
    void aNameWinsOverAYesAndTheTableOverAgent() {
        assertThat(Agent.detect(Map.of("AI_AGENT", "1", "GEMINI_CLI", "1")))
                .map(Agent::id)
                .contains("gemini-cli");
        assertThat(Agent.detect(Map.of("AGENT", "1", "OPENCODE", "1")))
                .map(Agent::id)
                .contains("opencode");
        assertThat(Agent.detect(Map.of("CLAUDECODE", "1", "CLAUDE_CODE_IS_COWORK", "1")))
                .map(Agent::id)
                .contains("cowork");
    }

    @Test
    void aNameIsSafeInAHeader() {
        assertThat(Agent.detect(Map.of("AI_AGENT", "evil\r\nX: y" + "z".repeat(100))))
                .map(Agent::id)
                .hasValueSatisfying(id -> assertThat(id).matches("[a-z0-9._-]{1,40}"));
    }

    /// Only a sure signal changes what is printed; a likely one tags requests.
    @Test
    void onlySureAgentsSwitchTheFormat() {
        TestRun.Around plain = TestRun.plain();
        assertThat(plain.with("CLAUDECODE", "1").run("version").out()).startsWith("field\tvalue");
        assertThat(plain.with("REPL_ID", "1").run("version").out()).startsWith("backplane ");
        assertThat(plain.with("TERM_PROGRAM", "WarpTerminal").run("version").out())
                .startsWith("backplane ");
        assertThat(plain.with("CLAUDECODE", "1").run("version", "--format", "human").out())
                .startsWith("backplane ");
        assertThat(
                        plain.with("CLAUDECODE", "1")
                                .with("BACKPLANE_FORMAT", "human")
                                .run("version")
                                .out())
                .startsWith("backplane ");
    }
}
