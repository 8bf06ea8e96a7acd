package org.sjd4j.spring;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in one line why an application with a wrong property does not start, and in another what to do. */
final class Sjd4jFailureAnalyzer extends AbstractFailureAnalyzer<Sjd4jConfigurationException> {
    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, Sjd4jConfigurationException cause) {
        return new FailureAnalysis(cause.getMessage(), "Change the property " + cause.property() + ".", cause);
    }
}
