package org.sjd4j.training.loop;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.tensor.Parameter;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.tensor.Weights;

/**
 * The tensors of a network while it is trained: one flat buffer of values and one of gradients, of which every parameter
 * is a view.
 *
 * <p>Flat buffers make the optimiser a handful of operations whatever the number of parameters, and a checkpoint the
 * whole truth about it. Parameters that decay come first in the buffers.
 */
public final class TrainableParameters {
    private final Tensor values;
    private final Tensor gradients;
    private final long decaying;
    private final Map<String, Tensor> all = new LinkedHashMap<>();
    private final Map<String, Tensor> trained = new LinkedHashMap<>();
    private final List<Parameter> layout = new ArrayList<>();

    /**
     * Allocates and initialises.
     *
     * @param parameters every tensor of the network
     * @param trainable which of them the optimiser changes; the others are kept as constants
     * @param seed of the initial values
     */
    public TrainableParameters(List<Parameter> parameters, Predicate<Parameter> trainable, long seed, Device device) {
        torch.manual_seed(seed);
        List<Parameter> ordered = new ArrayList<>();
        parameters.stream().filter(trainable).filter(Parameter::decay).forEach(ordered::add);
        decaying = ordered.stream().mapToLong(Parameter::elements).sum();
        parameters.stream().filter(trainable).filter(p -> !p.decay()).forEach(ordered::add);
        layout.addAll(ordered);
        long total = ordered.stream().mapToLong(Parameter::elements).sum();
        values = torch.zeros(new long[] {total}, Tensors.options(ScalarType.Float, device));
        gradients = torch.zeros(new long[] {total}, Tensors.options(ScalarType.Float, device));
        long offset = 0;
        for (Parameter parameter : ordered) {
            Tensor value = view(values, offset, parameter).detach();
            start(value, parameter);
            value.set_requires_grad(true);
            value.mutable_grad().put(view(gradients, offset, parameter));
            all.put(parameter.name(), value);
            trained.put(parameter.name(), value);
            offset += parameter.elements();
        }
        for (Parameter parameter : parameters) {
            if (!trained.containsKey(parameter.name())) {
                Tensor value = torch.zeros(parameter.shape(), Tensors.options(ScalarType.Float, device));
                start(value, parameter);
                all.put(parameter.name(), value);
            }
        }
    }

    private static Tensor view(Tensor flat, long offset, Parameter parameter) {
        return flat.narrow(0, offset, parameter.elements()).view(parameter.shape());
    }

    private static void start(Tensor value, Parameter parameter) {
        switch (parameter.start()) {
            case Parameter.Start.Normal(double deviation) ->
                value.normal_(0, deviation, new org.bytedeco.pytorch.GeneratorOptional());
            case Parameter.Start.Constant(double constant) -> value.fill_(new Scalar(constant));
        }
    }

    /** The network's view of the parameters. */
    public Weights weights() {
        return Weights.of("the parameters in training", all);
    }

    /** Every tensor by name, trained or constant; they alias the live values. */
    public Map<String, Tensor> byName() {
        return all;
    }

    /** Layout of the flat buffers, in order. */
    List<Parameter> layout() {
        return layout;
    }

    /** All trained values as one vector. */
    public Tensor values() {
        return values;
    }

    /** All gradients as one vector, laid out as {@link #values()}. */
    public Tensor gradients() {
        return gradients;
    }

    /** The first so many elements of the flat buffers are subject to weight decay. */
    long decaying() {
        return decaying;
    }
}
