namespace DistTrain.Operator.Reconciling;

/// <summary>What an answer of the cluster means.</summary>
internal enum ClusterAnswerKind
{
    /// <summary>It did what was asked.</summary>
    Done,

    /// <summary>It has a job of that id with another job file, or of somebody else.</summary>
    Differs,

    /// <summary>The job, its data or its model will not do.</summary>
    Invalid,

    /// <summary>The job exceeds the limits of whom the operator calls as.</summary>
    Limited,

    /// <summary>The operator may not do this.</summary>
    NotAllowed,

    /// <summary>There is no such job; of a probe, no TrainingJob object that it looks at.</summary>
    NotFound,

    /// <summary>There was no answer.</summary>
    Away,
}
