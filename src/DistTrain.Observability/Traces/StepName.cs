using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace DistTrain.Observability.Traces;

/// <summary>A step, as all its ranks and servers name it.</summary>
/// <param name="Job">The job's id.</param>
/// <param name="Generation">Steps that are done again after a server was lost are other traces.</param>
/// <param name="Step">The version that the step starts from.</param>
public readonly record struct StepName(string Job, long Generation, long Step)
{
    /// <summary>First 16 bytes of SHA-256 over <c>job/generation/step</c>: as even as random ones, which samplers by ratio count on.</summary>
    public ActivityTraceId TraceId() =>
        ActivityTraceId.CreateFromBytes(SHA256.HashData(Encoding.UTF8.GetBytes($"{Job}/{Generation}/{Step}")).AsSpan(0, 16));
}
