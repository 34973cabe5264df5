package dev.backplane.tensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class WorkerPoolTest {
    @Test
    void everyWorkerDoesEveryTaskOnce() {
        try (WorkerPool pool = new WorkerPool(4)) {
            AtomicIntegerArray done = new AtomicIntegerArray(pool.size());
            int[] plain = new int[64];
            for (int i = 0; i < 20_000; i++) {
                pool.run((worker, workers) -> {
                    assertThat(workers).isEqualTo(4);
                    done.incrementAndGet(worker);
                    plain[16 * worker]++;
                });
                if (i % 5_000 == 0) {
                    LockSupport.parkNanos(300_000); // so that workers fall asleep
                }
            }
            for (int worker = 0; worker < pool.size(); worker++) {
                assertThat(done.get(worker)).isEqualTo(20_000);
                assertThat(plain[16 * worker]).isEqualTo(20_000);
            }
        }
    }

    @Test
    void aFailureReachesTheCallerAndThePoolGoesOn() {
        try (WorkerPool pool = new WorkerPool(3)) {
            for (int failing = 0; failing < 3; failing++) {
                int one = failing;
                assertThatThrownBy(() ->
                                pool.run((worker, _) -> {
                                    if (worker == one) {
                                        throw new ArithmeticException("no");
                                    }
                                }))
                        .isInstanceOf(IllegalStateException.class)
                        .hasCauseInstanceOf(ArithmeticException.class);
            }
            boolean[] done = new boolean[3];
            pool.run((worker, _) -> done[worker] = true);
            assertThat(done).containsOnly(true);
        }
    }

    @Test
    void aClosedPoolDoesNothing() {
        WorkerPool pool = new WorkerPool(2);
        pool.close();
        assertThatThrownBy(() -> pool.run((_, _) -> {})).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> new WorkerPool(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
