package dev.backplane.bench.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RateSearchTest {
    @ParameterizedTest
    @ValueSource(doubles = {1_000, 1_234, 3_000, 7_777, 100_000})
    void findsTheHighestRateThatIsKept(double limit) throws IOException {
        double found = RateSearch.highest(1_000, rate -> rate <= limit);
        assertThat(found).isLessThanOrEqualTo(limit).isCloseTo(limit, Percentage.withPercentage(3));
    }

    @Test
    void looksBelowTheFirstRate() throws IOException {
        assertThat(RateSearch.highest(1_000, rate -> rate <= 300)).isBetween(230.0, 300.0);
        assertThat(RateSearch.highest(1_000, _ -> false)).isZero();
    }

    @Test
    void beginsAsLowAsItIsTold() throws IOException {
        assertThat(RateSearch.highest(1, rate -> rate <= 40)).isBetween(30.0, 40.0);
    }

    @Test
    void endsWhereNothingIsTooFast() throws IOException {
        assertThat(RateSearch.highest(1_000, _ -> true)).isGreaterThan(100_000);
    }

    @Test
    void oneStallIsForgiven() throws IOException {
        Map<Double, Integer> tries = new HashMap<>();
        double found =
                RateSearch.highest(
                        1_000, rate -> rate <= 2_000 && tries.merge(rate, 1, Integer::sum) > 1);
        assertThat(found).isBetween(1_940.0, 2_000.0);
    }
}
