package dev.backplane.engine.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class BlockPoolTest {
    /// Against a plain model: holders by block, content by block. Content that is found is the
    /// content that was published; blocks that are held keep theirs; none is lost.
    @Test
    void neverGivesAwayWhatIsHeldNorFindsWhatIsGone() {
        Gen.check(
                100,
                random -> {
                    int size = Gen.integer(random, 1, 12);
                    BlockPool pool = new BlockPool(size);
                    Map<Integer, Integer> holders = new HashMap<>();
                    Map<Integer, BlockKey> content = new HashMap<>();
                    List<Integer> held = new ArrayList<>();
                    for (int i = 0; i < 200; i++) {
                        assertThat(pool.free()).isEqualTo(size - holders.size());
                        BlockKey key = new BlockKey(random.nextInt(15), 7);
                        switch (random.nextInt(4)) {
                            case 0 -> {
                                if (pool.free() == 0) {
                                    assertThatThrownBy(pool::take)
                                            .isInstanceOf(IllegalStateException.class);
                                } else {
                                    int block = pool.take();
                                    assertThat(holders).doesNotContainKey(block);
                                    holders.put(block, 1);
                                    content.remove(block);
                                    held.add(block);
                                }
                            }
                            case 1 -> {
                                OptionalInt block = pool.hold(key);
                                assertThat(block.isPresent()).isEqualTo(content.containsValue(key));
                                if (block.isPresent()) {
                                    assertThat(content.get(block.getAsInt())).isEqualTo(key);
                                    holders.merge(block.getAsInt(), 1, Integer::sum);
                                    held.add(block.getAsInt());
                                }
                            }
                            case 2 -> {
                                if (!held.isEmpty()) {
                                    int block = held.get(random.nextInt(held.size()));
                                    pool.publish(block, key);
                                    if (!content.containsValue(key)) {
                                        content.putIfAbsent(block, key);
                                    }
                                }
                            }
                            default -> {
                                if (!held.isEmpty()) {
                                    Integer block = held.remove(random.nextInt(held.size()));
                                    pool.release(block);
                                    holders.computeIfPresent(
                                            block, (_, count) -> count == 1 ? null : count - 1);
                                }
                            }
                        }
                    }
                });
    }

    @Test
    void takesWhatWasFreeForLongest() {
        BlockPool pool = new BlockPool(3);
        int[] blocks = {pool.take(), pool.take(), pool.take()};
        pool.publish(blocks[0], new BlockKey(0, 0));
        pool.publish(blocks[2], new BlockKey(2, 0));
        pool.release(blocks[2]);
        pool.release(blocks[1]);
        pool.release(blocks[0]);

        assertThat(pool.take()).isEqualTo(blocks[2]);
        assertThat(pool.hold(new BlockKey(2, 0))).isEmpty();
        assertThat(pool.hold(new BlockKey(0, 0))).hasValue(blocks[0]);
        assertThatThrownBy(() -> pool.release(blocks[1])).hasMessageContaining("nobody holds");
    }

    @Test
    void keysNameAllThatCameBefore() {
        int[] one = {1, 2, 3, 4};
        BlockKey root = BlockKey.root("");
        BlockKey first = root.next(one, 0, 2);
        assertThat(first.next(one, 2, 2)).isEqualTo(root.next(one, 0, 2).next(one, 2, 2));
        assertThat(first.next(one, 2, 2)).isNotEqualTo(root.next(one, 2, 2));
        assertThat(BlockKey.root("a").next(one, 0, 2)).isNotEqualTo(first);
    }
}
