package org.sjd4j.spark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sums over workers, here the threads of one process. */
class AllReduceTest {
    private static <T> List<CompletableFuture<T>> workers(int count, Function<AllReduce, T> work) {
        var barrier = new CyclicBarrier(count);
        var said = new AtomicReferenceArray<String>(count);
        var threads = Executors.newVirtualThreadPerTaskExecutor();
        return IntStream.range(0, count)
                .mapToObj(rank -> CompletableFuture.supplyAsync(
                        () -> {
                            AllReduce.Gather gather = own -> {
                                said.set(rank, own);
                                try {
                                    barrier.await();
                                } catch (Exception e) {
                                    throw new IllegalStateException(e);
                                }
                                return IntStream.range(0, count)
                                        .mapToObj(said::get)
                                        .toList();
                            };
                            try (var workers = AllReduce.connect(
                                    rank, count, "localhost", new SparkConf(false), null, null, gather)) {
                                return work.apply(workers);
                            }
                        },
                        threads))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void allHaveTheSumsToTheLastBit(int count) {
        for (int length : new int[] {0, 1, 4, 1000, 100_003}) {
            var values = new ArrayList<float[]>();
            double[] sums = new double[length];
            var random = new SplittableRandom(length * 31L + count);
            for (int rank = 0; rank < count; rank++) {
                float[] own = new float[length];
                for (int i = 0; i < length; i++) {
                    own[i] = (float) random.nextDouble(-1, 1);
                    sums[i] += own[i];
                }
                values.add(own);
            }
            var results = workers(count, workers -> {
                        float[] own = values.get(workers.rank()).clone();
                        workers.sum(own);
                        workers.leave();
                        return own;
                    })
                    .stream()
                    .map(CompletableFuture::join)
                    .toList();
            for (float[] result : results) {
                assertThat(result).as("%d workers, %d values", count, length).isEqualTo(results.getFirst());
            }
            for (int i = 0; i < length; i++) {
                assertThat((double) results.getFirst()[i]).isCloseTo(sums[i], within());
            }
        }
    }

    private static org.assertj.core.data.Offset<Double> within() {
        return org.assertj.core.data.Offset.offset(1e-5);
    }

    /** One that is lost after it had the others' answers, and before it gave them its part. */
    @Test
    void aSumWhoseGiverIsLostFails() {
        var slices = new AllReduce.Slices(2);
        var before = slices.give(0, 1, new float[3]);
        slices.giveUp();
        assertThat(before).isCompletedExceptionally();
        assertThat(slices.give(1, 1, new float[3])).isCompletedExceptionally();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aWorkerThatIsLostEndsTheSumsOfTheOthers() {
        var connected = new CountDownLatch(3);
        var results = workers(3, workers -> {
            connected.countDown();
            if (workers.rank() == 1) {
                await(connected); // one that ends before is not lost but never was there
            } else {
                workers.sum(new float[1000]);
            }
            return true;
        });
        assertThat(results.get(1).join()).isTrue();
        for (int rank : new int[] {0, 2}) {
            assertThatThrownBy(() -> results.get(rank).join())
                    .cause()
                    .isInstanceOf(AllReduce.LostWorkerException.class)
                    .hasMessageContaining("a worker was lost");
        }
    }
}
