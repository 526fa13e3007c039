namespace DistTrain.Client;

/// <summary>A call that failed, in words for a user.</summary>
public sealed class DistTrainException : Exception
{
    /// <param name="failure">What went wrong.</param>
    /// <param name="problems">One line each.</param>
    /// <param name="cause">What is behind it; where a silo answered, a <c>Grpc.Core.RpcException</c> with its status.</param>
    public DistTrainException(ClusterFailure failure, IReadOnlyList<string> problems, Exception? cause = null)
        : base(string.Join(Environment.NewLine, problems), cause)
    {
        Failure = failure;
        Problems = problems;
    }

    /// <summary>What went wrong.</summary>
    public ClusterFailure Failure { get; }

    /// <summary>All that is wrong, one line each: a job file's mistakes with line, key and rule, for example.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>True when the same call may succeed later, without anything changed.</summary>
    public bool MayPass => Failure is ClusterFailure.Unreachable or ClusterFailure.NoAnswer or ClusterFailure.Unavailable;
}
