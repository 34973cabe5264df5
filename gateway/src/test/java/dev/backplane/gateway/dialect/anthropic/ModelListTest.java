package dev.backplane.gateway.dialect.anthropic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.ModelInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ModelListTest {
    private static final List<ModelInfo> MODELS =
            Stream.of("a", "b", "c", "d", "e").map(id -> new ModelInfo(id, 0, "x")).toList();

    private static Members page(String after, String before, int limit) {
        return Members.of(
                ModelList.write(MODELS, new ModelList.Page(after, before, limit)), "test");
    }

    private static List<String> ids(Members page) {
        return page.array("data").stream()
                .map(model -> Members.of(model, "test").text("id"))
                .toList();
    }

    @Test
    void pagesForwardHoldEveryModelOnce() {
        List<String> all = new ArrayList<>();
        Members page = page("", "", 2);
        all.addAll(ids(page));
        while (page.flag("has_more")) {
            page = page(page.text("last_id"), "", 2);
            all.addAll(ids(page));
        }

        assertThat(all).containsExactly("a", "b", "c", "d", "e");
    }

    @Test
    void pagesBackwardEndAtTheFirst() {
        Members page = page("", "e", 3);

        assertThat(ids(page)).containsExactly("b", "c", "d");
        assertThat(page.flag("has_more")).isTrue();
        Members last = page("", page.text("first_id"), 3);
        assertThat(ids(last)).containsExactly("a");
        assertThat(last.flag("has_more")).isFalse();
    }

    @Test
    void aPageAfterTheLastIsEmpty() {
        assertThat(ids(page("e", "", 9))).isEmpty();
        assertThat(page("e", "", 9).has("first_id")).isFalse();
        assertThatThrownBy(() -> page("z", "", 9))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no such model");
    }
}
