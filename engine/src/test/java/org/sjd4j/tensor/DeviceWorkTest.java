package org.sjd4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Device;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When work is recorded, replayed, and run operator by operator. */
class DeviceWorkTest {
    private final List<String> heard = new ArrayList<>();
    private int runs;

    @BeforeEach
    void load() {
        LibTorch.load();
    }

    private DeviceWork<String> work(DeviceWork.Recorder recorder) {
        return new DeviceWork<>(
                new Device("cpu"),
                recorder,
                () -> "run " + ++runs,
                UnaryOperator.identity(),
                freed -> heard.add("freed " + freed));
    }

    /** Runs the work once and replays it from then on. */
    private final class Recorder implements DeviceWork.Recorder {
        @Override
        public <T> DeviceWork.Recording<T> record(Supplier<T> work, Consumer<T> free) {
            heard.add("recorded");
            T result = work.get();
            return new DeviceWork.Recording<>(
                    new DeviceWork.Graph() {
                        @Override
                        public void replay() {
                            heard.add("replayed");
                        }

                        @Override
                        public void close() {
                            heard.add("closed");
                        }
                    },
                    result);
        }
    }

    @Test
    void isRecordedOnceAndReplayedFromThenOn() {
        try (var work = work(new Recorder())) {
            assertThat(work.run()).isEqualTo("run 1");
            assertThat(work.run()).isEqualTo("run 1");
            work.await();
        }
        assertThat(heard).containsExactly("recorded", "replayed", "replayed", "closed", "freed run 1");
    }

    /** What cannot be recorded is tried once. */
    @Test
    void runsItsOperatorsWhereRecordingFails() {
        var failing = new DeviceWork.Recorder() {
            @Override
            public <T> DeviceWork.Recording<T> record(Supplier<T> work, Consumer<T> free) {
                heard.add("tried");
                throw new DeviceWork.RecordingException("this operator cannot be recorded", null);
            }
        };
        try (var work = work(failing)) {
            assertThat(work.run()).isEqualTo("run 1");
            assertThat(work.run()).isEqualTo("run 2");
        }
        assertThat(heard).containsExactly("tried");
    }

    /** Such as memory that is short: the next call tries again. */
    @Test
    void otherFailuresAreNotHidden() {
        var failing = new DeviceWork.Recorder() {
            @Override
            public <T> DeviceWork.Recording<T> record(Supplier<T> work, Consumer<T> free) {
                heard.add("tried");
                throw new IllegalStateException("out of memory");
            }
        };
        try (var work = work(failing)) {
            assertThatThrownBy(work::run).hasMessage("out of memory");
            assertThatThrownBy(work::run).hasMessage("out of memory");
        }
        assertThat(heard).containsExactly("tried", "tried");
    }

    @Test
    void theCpuRecordsNothing() {
        try (var work = new DeviceWork<>(
                new Device("cpu"), () -> "run " + ++runs, UnaryOperator.identity(), freed -> heard.add(freed))) {
            assertThat(work.run()).isEqualTo("run 1");
            assertThat(work.run()).isEqualTo("run 2");
        }
        assertThat(heard).isEmpty();
    }

    @Test
    void theBuildForCpusHasNoGraphs() {
        assertThatThrownBy(() -> CudaGraph.record(new Device("cpu"), () -> "nothing", _ -> {}))
                .isInstanceOf(DeviceWork.RecordingException.class)
                .hasMessage("the loaded LibTorch has no library torch_cuda");
    }
}
