using System.Security.Cryptography;
using System.Text;
using DistTrain.Observability.Traces;

namespace DistTrain.Observability.Tests.Traces;

[Trait("Kind", "Fast")]
public class StepNameTests
{
    private static readonly StepName _step = new("mnist", 2, 17);

    [Fact]
    public void Another_generation_is_another_trace() =>
        Assert.Equal(3, new[] { _step, _step with { Generation = 3 }, _step with { Step = 18 }, _step }.Select(s => s.TraceId()).Distinct().Count());

    /// <summary>Processes of other builds come to the same.</summary>
    [Fact]
    public void The_trace_is_the_first_half_of_a_hash_of_the_name() =>
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("mnist/2/17")))[..32], _step.TraceId().ToHexString());
}
