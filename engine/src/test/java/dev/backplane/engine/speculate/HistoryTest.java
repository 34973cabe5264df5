package dev.backplane.engine.speculate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.engine.schedule.Sequence;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HistoryTest {
    private static List<Integer> guessed(History history, int... text) {
        Draft draft = new Draft(new Sequence(text, text.length + 8, "", ""), 4);
        draft.clear(4, 1);
        history.propose(draft, 0);
        List<Integer> guessed = new ArrayList<>();
        for (int i = text.length; i < draft.length(); i++) {
            guessed.add(draft.token(i));
        }
        return guessed;
    }

    /// Before the first token there is none, also not one that is 0 as what was never written is.
    @Test
    void nothingAgreesBeforeTheBeginning() {
        History history = new History(32);
        for (int token : new int[] {1, 2, 3, 9, 9, 7, 1, 2, 3, 8, 8, 7}) {
            history.add(token);
        }
        assertThat(guessed(history, 0, 1, 2, 3)).startsWith(8, 8, 7);
    }

    @Test
    void theLongestAgreementCounts() {
        History history = new History(32);
        for (int token : new int[] {4, 1, 2, 3, 9, 9, 9, 1, 2, 3, 8, 8, 8}) {
            history.add(token);
        }
        assertThat(guessed(history, 4, 1, 2, 3)).startsWith(9, 9, 9);
    }
}
