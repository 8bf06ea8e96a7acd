package org.sjd4j.spark.cluster;

import java.io.File;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.sjd4j.api.TextToImage;
import org.sjd4j.io.UserFolders;
import org.sjd4j.tensor.LibTorch;
import org.sjd4j.tensor.ThreadLimit;

/** What an executor's process has once, however many tasks run in it: LibTorch, and a model on a thread of its own. */
public final class ExecutorProcess {
    private static final String CACHE = "org.bytedeco.javacpp.cachedir";
    private static final Map<Object, Object> LOADED = new HashMap<>();
    private static boolean prepared;

    private ExecutorProcess() {}

    /**
     * The process's model, loaded by the first task that asks.
     *
     * @throws IllegalStateException if it is not the model that the driver means
     */
    public static TextToImage model(ModelPlan plan) {
        return once(plan, TextToImage.class, () -> {
            String problem = plan.problem();
            if (!problem.isEmpty()) {
                throw new IllegalStateException(problem);
            }
            return TextToImage.open(plan.description(), plan.loadOptions());
        });
    }

    /**
     * What a key stands for, made at the first call; LibTorch can be used by then.
     *
     * @param key equal for what is the same
     */
    public static synchronized <T> T once(Object key, Class<T> type, Supplier<T> made) {
        prepare();
        Object found = LOADED.get(key);
        if (found == null) {
            found = made.get();
            LOADED.put(key, found);
        }
        return type.cast(found);
    }

    /** Loads LibTorch, with at most as many threads as the executor has cores. */
    public static synchronized void prepare() {
        if (!prepared) {
            UserFolders.requireHome();
            var spark = SparkEnv.get();
            ownCache(spark);
            int cores = spark.conf().getInt("spark.executor.cores", LibTorch.threads());
            LibTorch.limitThreads(new ThreadLimit(Math.min(cores, LibTorch.threads()), false));
            var task = TaskContext.get();
            if (task != null) {
                LibTorch.useGpu(gpu(task.resourcesJMap()));
            }
            prepared = true;
        }
    }

    /**
     * The GPU that Spark has assigned to this executor.
     *
     * @param resources of a task, by name
     * @return its index on this machine; 0 if Spark schedules none
     * @throws IllegalStateException if Spark's address of it is no index
     */
    static int gpu(Map<String, ResourceInformation> resources) {
        var assigned = resources.get("gpu");
        if (assigned == null || assigned.addresses().length == 0) {
            return 0;
        }
        String address = assigned.addresses()[0];
        if (!address.matches("[0-9]{1,4}")) {
            throw new IllegalStateException("Spark gives the address '" + address
                    + "' of a GPU, expected its index; let the discovery script print indexes");
        }
        return Integer.parseInt(address);
    }

    /**
     * Two processes that unpack native libraries into one directory at once get in each other's way, so each has its own,
     * where Spark keeps what goes with the executor.
     */
    private static void ownCache(SparkEnv spark) {
        if (System.getProperty(CACHE) == null) {
            File own = spark.blockManager().diskBlockManager().localDirs()[0];
            System.setProperty(CACHE, new File(own, "sjd4j-native").toString());
        }
    }
}
