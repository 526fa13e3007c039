using DistTrain.Optimization.Landscape;
using DistTrain.Protocol;
using DistTrain.Recipes;

namespace DistTrain.Worker.Jobs.Door;

/// <summary>What a probe has found, in short.</summary>
internal static class DiagnosisMapping
{
    /// <param name="found">All of it.</param>
    /// <param name="probe">What was asked for.</param>
    /// <param name="tellsNumbers">The task of the job that is looked at is regression.</param>
    public static Diagnosis Of(ProbeFindings found, ProbeRecipe probe, bool tellsNumbers)
    {
        var findings = CurvatureFindings.Of([.. found.Recursions.Select(recursion => (recursion.Alphas, recursion.Betas))], found.GradientNorm, found.Parameters, probe.Plan);
        var diagnosis = new Diagnosis
        {
            Verdict = findings.Point.Word,
            Reason = findings.Point.Reason,
            Loss = found.LossSum / found.Examples,
            Accuracy = tellsNumbers ? 0 : found.Correct / found.Examples,
            GradientNorm = found.GradientNorm,
            LambdaMax = findings.Point.Largest.Value,
            LambdaMin = findings.Point.Smallest.Value,
            Sha256 = found.Sha256,
        };
        if (tellsNumbers)
            diagnosis.RSquared = found.Correct / found.Examples;
        if (findings.Shares is { } shares)
            (diagnosis.Positive, diagnosis.Negative) = (shares.Positive.Estimate.Value, shares.Negative.Estimate.Value);
        if (findings.Trace is { } trace)
            diagnosis.Trace = trace.Value;
        return diagnosis;
    }
}
