package dev.backplane.gateway.dialect.openai;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.gateway.provider.OpenAiCompatible;
import dev.backplane.gateway.provider.Provider;
import dev.backplane.http.client.HttpClient;
import dev.backplane.http.client.Timeouts;
import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StrictSchemaTest {
    /// An object with one property.
    private static String object(String property) {
        return ("{'type':'object','properties':{'a':%s},"
                        + "'required':['a'],'additionalProperties':false}")
                .formatted(property);
    }

    private static Slice json(String text) {
        return Slice.of(text.replace('\'', '"'));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type':'string','pattern':'x','format':'date'}",
                "{'type':['string','null'],'enum':['x',null]}",
                "{'anyOf':[{'type':'number','minimum':1},{'$ref':'#'}]}",
                "{'type':'array','items':{'type':'integer'},'minItems':1}",
                "{'type':'object','properties':{},'additionalProperties':false}",
                "{}"
            })
    void takesWhatOpenAiTakes(String property) {
        assertThatCode(() -> StrictSchema.check(json(object(property)), "s"))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{'type':'array','items':{'type':'string'}} | s is no object",
                "{'anyOf':[{'type':'object'}]} | s is no object",
                "{'type':'object','properties':{}} | s.additionalProperties is not false",
                "{'type':'object','properties':{'a':{},'b':{}},'required':['b'],"
                        + "'additionalProperties':false}"
                        + " | s.required does not name a",
            })
    void namesWhatIsWrongWithTheRoot(String schema, String what) {
        refuses(schema, what);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{'allOf':[]} | s.properties.a.allOf is a keyword",
                "{'type':'array','items':{'not':{}}} | s.properties.a.items.not is a keyword",
                "{'anyOf':[{},{'type':'object'}]}"
                        + " | s.properties.a.anyOf[1].additionalProperties is not false",
            })
    void namesWhatIsWrongBelow(String property, String what) {
        refuses(object(property), what);
    }

    private static void refuses(String schema, String what) {
        assertThatThrownBy(() -> StrictSchema.check(json(schema), "s"))
                .isInstanceOf(Problem.class)
                .hasMessageStartingWith(what);
    }

    @Test
    void holdsToTheLimits() {
        String deep = "{'type':'string'}";
        for (int i = 0; i < 10; i++) {
            deep = object(deep);
        }
        String ten = deep;
        assertThatCode(() -> StrictSchema.check(json(ten), "s")).doesNotThrowAnyException();
        refuses(
                object(ten),
                "s" + ".properties.a".repeat(10) + " is an object in more than 9 others");
        refuses(
                object("{'enum':[0%s]}".formatted(",1".repeat(1_000))),
                "s.properties.a has more than 1,000 enum values");
    }

    /// No address is looked up for it.
    @ParameterizedTest
    @ValueSource(strings = {"https://api.openai.com/v1", "https://eu.api.openai.com/v1"})
    void refusesBeforeOpenAiIsAsked(String base) {
        String request =
                "{'model':'m','messages':[{'role':'user','content':'x'}],'response_format':"
                        + "{'type':'json_schema','json_schema':{'name':'n','strict':true,"
                        + "'schema':{'type':'object','properties':{}}}}}";
        try (HttpClient http = HttpClient.start(HttpClient.Limits.DEFAULT);
                Provider openai =
                        new OpenAiCompatible("o", http, URI.create(base), Optional.empty())) {
            assertThatThrownBy(() ->
                            openai.generate(
                                    ChatRequestReader.read(json(request), "test"),
                                    new CallContext("", Timeouts.DEFAULT),
                                    _ -> {}))
                    .isInstanceOf(Problem.class)
                    .hasMessageStartingWith(
                            "response_format.json_schema.schema.additionalProperties is not false");
        }
    }
}
