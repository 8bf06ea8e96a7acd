package org.sjd4j.training.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HeldOutTest {
    private static List<String> names(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i + ".png").toList();
    }

    private static boolean byHash(String name) {
        return StableHash.percentile(name) < 10;
    }

    @Test
    void ofASetThatItsHashesDivideTheHashesDecide() {
        var names = names("", 200);
        assertThat(HeldOut.of(names)).hasSize(16).allMatch(HeldOutTest::byHash).contains("17.png", "18.png", "26.png");
    }

    /** These are 24 names of which the hashes hold out none. */
    @Test
    void ofASetThatHashesHoldNothingOutOfATenthIsHeldOut() {
        var names = names("p", 24);
        assertThat(names).noneMatch(HeldOutTest::byHash);
        assertThat(HeldOut.of(names)).hasSize(2).isSubsetOf(names);
    }

    @Test
    void ofASetThatHashesHoldOutWhollyOneIsHeldOut() {
        var names = names("p", 400).stream().filter(HeldOutTest::byHash).toList();
        assertThat(names).hasSizeGreaterThan(20);
        assertThat(HeldOut.of(names.subList(0, 10))).hasSize(1);
        assertThat(HeldOut.of(names.subList(0, 20))).hasSize(2);
    }

    @Test
    void everySetOfTenOrMoreIsDividedWhateverItsOrder() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            var names = new ArrayList<>(names(random.nextInt(1000) + "-", 10 + random.nextInt(30)));
            var heldOut = HeldOut.of(names);
            assertThat(heldOut).as("seed %d, set %d", seed, i).isNotEmpty().hasSizeLessThan(names.size());
            Collections.shuffle(names, random);
            assertThat(HeldOut.of(names)).as("seed %d, set %d", seed, i).isEqualTo(heldOut);
        }
        assertThat(HeldOut.of(List.of())).isEmpty();
        assertThat(HeldOut.of(names("p", 9))).as("too few to divide").isEmpty();
    }
}
