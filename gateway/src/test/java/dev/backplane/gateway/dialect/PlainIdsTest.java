package dev.backplane.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PlainIdsTest {
    @Test
    void idsOfAnyModelAreAllowedAndStayDistinct() {
        List<String> ids =
                List.of(
                        "call_1",
                        "functions.f:0",
                        "functions.f.0",
                        "functions_f_0",
                        "",
                        "é",
                        "x".repeat(64),
                        "x".repeat(65),
                        "x".repeat(66));

        List<String> plain = ids.stream().map(PlainIds::of).toList();

        assertThat(plain.getFirst()).isEqualTo("call_1");
        assertThat(plain.get(6)).isEqualTo(ids.get(6));
        assertThat(plain).doesNotHaveDuplicates();
        assertThat(plain)
                .filteredOn(id -> !id.isEmpty())
                .allMatch(id -> id.matches("[A-Za-z0-9_-]{1,64}"));
        assertThat(ids.stream().map(PlainIds::of)).containsExactlyElementsOf(plain);
    }
}
