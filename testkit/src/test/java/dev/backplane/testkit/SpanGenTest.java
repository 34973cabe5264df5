package dev.backplane.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Json;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.Value;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonParser;

class SpanGenTest {
    @Test
    void seedGivesTheSameEvents() {
        assertThat(new SpanGen(Gen.random(5)).events(200))
                .isEqualTo(new SpanGen(Gen.random(5)).events(200))
                .isNotEqualTo(new SpanGen(Gen.random(6)).events(200));
    }

    @Test
    void everyOperationFieldAndKindOccurs() {
        Set<SpanEvent.Op> operations = EnumSet.noneOf(SpanEvent.Op.class);
        Set<Field> fields = EnumSet.noneOf(Field.class);
        Set<Class<?>> kinds = new HashSet<>();
        boolean rules = false;
        for (SpanEvent event : new SpanGen(Gen.random(7)).events(2_000)) {
            operations.add(event.op());
            rules |= !event.rules().deletions().isEmpty();
            event.data()
                    .forEach((field, value) -> {
                        fields.add(field);
                        addKinds(value, kinds);
                    });
        }
        assertThat(operations).hasSize(SpanEvent.Op.values().length);
        assertThat(fields).hasSize(Field.values().length);
        assertThat(kinds).hasSize(Value.class.getPermittedSubclasses().length);
        assertThat(rules).isTrue();
    }

    private static void addKinds(Value value, Set<Class<?>> kinds) {
        kinds.add(value.getClass());
        if (value instanceof Value.Attributes(List<Value.Attribute> list)) {
            list.forEach(attribute -> addKinds(attribute.value(), kinds));
        }
    }

    @Test
    void valuesFitTheirFields() {
        Gen.check(
                5,
                random -> {
                    for (SpanEvent event : new SpanGen(random).events(200)) {
                        event.data().forEach(SpanGenTest::assertFits);
                    }
                });
    }

    private static void assertFits(Field field, Value value) {
        switch (field.type()) {
            case TEXT -> assertThat(value).isInstanceOf(Value.Text.class);
            case INT -> assertThat(value).isInstanceOf(Value.Int.class);
            case REAL -> assertThat(value).isInstanceOf(Value.Real.class);
            case JSON -> assertThat(value).isInstanceOf(Value.Json.class);
            case PAYLOAD -> assertThat(value).isInstanceOfAny(Value.Json.class, Value.Text.class);
            case ATTRIBUTES -> assertThat(value).isInstanceOf(Value.Attributes.class);
            case EVENTS -> assertThat(value).isInstanceOf(Value.Events.class);
        }
        if (value instanceof Value.Json(Content content)) {
            try (JsonParser parser = Json.parser(content.read(1 << 24))) {
                parser.nextToken();
                parser.skipChildren();
                assertThat(parser.nextToken()).isNull();
            }
        }
    }

    @Test
    void conversationsRepeatWhatWasSaid() {
        Map<String, String> lastInputs = new HashMap<>();
        int continued = 0;
        for (SpanEvent event : new SpanGen(Gen.random(8)).events(500)) {
            if (event.op() == SpanEvent.Op.INSERT && event.data().has(Field.PROVIDER)) {
                String output = text(event, Field.OUTPUT);
                String input = text(event, Field.INPUT);
                String last = lastInputs.put(event.key().trace(), output);
                if (last != null && input.contains(last.substring(1, last.length() - 1))) {
                    continued++;
                }
            }
        }
        assertThat(continued).isGreaterThan(50);
    }

    private static String text(SpanEvent event, Field field) {
        return switch (event.data().get(field).orElseThrow()) {
            case Value.Json(Content content) -> content.read(1 << 24).text();
            case Value.Text(Content content) -> content.read(1 << 24).text();
            case Value other -> other.toString();
        };
    }
}
