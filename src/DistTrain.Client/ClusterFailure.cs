namespace DistTrain.Client;

/// <summary>Why a call failed; the gRPC status behind each stands in capitals.</summary>
public enum ClusterFailure
{
    /// <summary>Something went wrong at the cluster, or it can't answer just now (UNAVAILABLE, INTERNAL and others): repeat.</summary>
    Unavailable,

    /// <summary>No silo could be reached: repeat, or correct the address.</summary>
    Unreachable,

    /// <summary>No answer within the limit (DEADLINE_EXCEEDED): repeat.</summary>
    NoAnswer,

    /// <summary>The job file, the data or an id have mistakes; all of them are named (INVALID_ARGUMENT, OUT_OF_RANGE).</summary>
    Invalid,

    /// <summary>The id is another job's (ALREADY_EXISTS).</summary>
    Taken,

    /// <summary>Not as things stand: the job still runs, or is not the one that began (FAILED_PRECONDITION).</summary>
    NotPossible,

    /// <summary>There is no such job (NOT_FOUND).</summary>
    NotFound,

    /// <summary>The submitter's limits would be exceeded, each is named; repeat when other jobs of theirs have ended (RESOURCE_EXHAUSTED).</summary>
    Limited,

    /// <summary>The caller has not shown who they are, or may not do this (UNAUTHENTICATED, PERMISSION_DENIED).</summary>
    NotAllowed,

    /// <summary>What was called takes no jobs: a parameter server, or another program (UNIMPLEMENTED).</summary>
    NotAFrontDoor,

    /// <summary>A file of this machine can't be used: a certificate, or a link where a download would write.</summary>
    LocalFile,
}
