using DistTrain.Optimization.Normalization;
using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Reading;

/// <summary>
/// Makes a job of a document. Every key is read even when another is wrong, so that all problems show at once; a key with
/// a problem reads as null and takes no part in the rules that tie keys together.
/// </summary>
internal sealed class JobReader
{
    private readonly Findings _findings;
    private readonly KeyReader _keys;

    private JobReader(MapNode root, Findings findings)
    {
        _findings = findings;
        _keys = new KeyReader(root, findings);
    }

    /// <summary>The job, or null when the findings have a problem.</summary>
    public static TrainingJob? Read(MapNode root, Findings findings)
    {
        UnknownKeys.Check(root, "", findings);
        var job = new JobReader(root, findings).Job();
        return findings.Any ? null : job;
    }

    private TrainingJob? Job()
    {
        foreach (var key in new[] { JobKeys.ApiVersionKey, JobKeys.KindKey })
        {
            if (_keys.Value(key) is null && !_keys.IsGiven(key))
                _findings.Add(_keys.OriginOf(key.Path), key.Path, $"is missing; write '{key.Path}: {key.Rule.Text}'");
        }

        var recipe = _keys.Text(JobKeys.Recipe);
        var seed = _keys.Whole(JobKeys.Seed);
        var dataset = new DatasetSection(_keys, _findings).Read(seed);
        var name = _keys.IsGiven(JobKeys.Name) ? _keys.Text(JobKeys.Name) : dataset?.Name;
        var model = new ModelSection(_keys, _findings).Read(dataset);
        var from = From();
        var workers = _keys.Count(JobKeys.Workers);
        var batch = (BatchRecipe?)_keys.Value(JobKeys.Batch);
        CheckShare(batch?.Examples, workers);
        var policies = new PolicyRules(_keys, _findings);
        policies.CheckBatch(batch, workers);
        var microBatch = _keys.Count(JobKeys.MicroBatch);
        var (epochs, steps) = Length();
        var trainAccuracy = _keys.Number(JobKeys.TrainAccuracy);
        var determinism = _keys.Text(JobKeys.Determinism);
        var precision = _keys.Text(JobKeys.Precision);
        policies.CheckPrecision(precision, determinism);
        var device = _keys.Text(JobKeys.Device);
        policies.CheckDevice(device, determinism);
        var optimizer = _keys.Policy(JobKeys.Optimizer);
        var freeze = (IReadOnlyList<string>?)_keys.Value(ParameterRateKeys.Freeze);
        var rates = (IReadOnlyList<RateFactor>?)_keys.Value(ParameterRateKeys.Rates);
        var schedule = _keys.Policy(JobKeys.Schedule);
        var averaging = _keys.Policy(JobKeys.Averaging);
        policies.CheckAveraging(averaging, workers, epochs, steps);
        policies.CheckTrainAccuracy(trainAccuracy, averaging);
        policies.CheckRegression(dataset, trainAccuracy, averaging);
        var scaling = Scaling();
        policies.CheckScaling(scaling, batch, workers);
        policies.CheckOptimizer(optimizer, scaling, batch);
        var trainExamples = dataset is { Name: DatasetNames.Digits, TrainExamples: { } made } && batch?.Policy is null ? made - (dataset.Validation?.Of(made) ?? 0) : (int?)null;
        new RateRules(_keys, _findings).Check(schedule, scaling, optimizer, batch?.Examples, epochs, steps, trainExamples);
        var batchNorm = BatchNorm(workers);
        var renorm = Renorm();
        var everySteps = _keys.Count(JobKeys.CheckpointEverySteps);
        var keep = _keys.Count(JobKeys.CheckpointKeep);
        var everyEpochs = _keys.Count(JobKeys.EvaluationEveryEpochs);
        var numerics = Numerics();
        var updateProbe = UpdateProbe();
        policies.CheckNumerics(numerics, averaging, workers, everySteps);
        if (_findings.Any)
            return null;

        return new TrainingJob(name!, new TrainingSpec
        {
            Recipe = recipe,
            Dataset = dataset!,
            Model = model!,
            From = from,
            Workers = workers!.Value,
            BatchPlan = batch!,
            MicroBatch = microBatch!.Value,
            Epochs = epochs,
            Steps = steps,
            TrainAccuracy = trainAccuracy,
            Seed = seed!.Value,
            Determinism = determinism!,
            Precision = precision!,
            Device = device!,
            Optimizer = optimizer!,
            Freeze = freeze ?? [],
            Rates = rates ?? [],
            Schedule = schedule!,
            Averaging = averaging!,
            Scaling = scaling!,
            BatchNorm = batchNorm!,
            Renorm = renorm!,
            Checkpoint = new CheckpointRecipe(everySteps!.Value, keep!.Value),
            Evaluation = new EvaluationRecipe(everyEpochs!.Value),
            Numerics = numerics!,
            UpdateProbe = updateProbe!,
        });
    }

    private StartRecipe? From()
    {
        var (checkpoint, file, sha256) = (_keys.Text(StartKeys.Checkpoint), _keys.Text(StartKeys.File), _keys.Text(StartKeys.Sha256));
        var names = (NamesRecipe?)_keys.Value(StartKeys.Names);
        var slots = _keys.IsGiven(StartKeys.Slots) ? _keys.Text(StartKeys.Slots) : StartSlots.Drop;
        var position = _keys.IsGiven(StartKeys.Position) ? _keys.Text(StartKeys.Position) : StartPositions.Start;
        if (!_keys.IsGiven(StartKeys.Section))
            return null;
        var (isCheckpoint, isFile) = (_keys.IsGiven(StartKeys.Checkpoint), _keys.IsGiven(StartKeys.File));
        if (!isCheckpoint && !isFile)
            Refuse(StartKeys.Checkpoint, $"is missing; give {StartKeys.Checkpoint.Rule.Text}, or leave from out", at: StartKeys.Section);
        if (isCheckpoint && isFile)
            Refuse(StartKeys.File, "checkpoint and file both say what the job starts from; keep one");
        if (isCheckpoint && _keys.IsGiven(StartKeys.Names))
            Refuse(StartKeys.Names, "a checkpoint has the model's own names; leave names out, or give file in place of checkpoint");
        return (isFile ? file : checkpoint) is not { } path || slots is null || position is null
            ? null
            : new StartRecipe(path, slots, position) { IsFile = isFile, Names = names ?? NamesRecipe.None, Sha256 = sha256 };
    }

    private void CheckShare(int? batch, int? workers)
    {
        if (batch >= workers || batch is null || workers is null)
            return;
        var key = _keys.IsGiven(JobKeys.Batch) ? JobKeys.Batch : JobKeys.Workers;
        Refuse(key, $"a batch of {batch} leaves some of {workers} workers without examples; raise batch or lower workers");
    }

    private (int? Epochs, long? Steps) Length()
    {
        var epochs = _keys.Count(JobKeys.Epochs);
        var steps = _keys.Whole(JobKeys.Steps);
        if (_keys.IsGiven(JobKeys.Epochs) && _keys.IsGiven(JobKeys.Steps))
            Refuse(JobKeys.Steps, "epochs and steps both say how long the job is; keep one");
        return _keys.IsGiven(JobKeys.Epochs) || _keys.IsGiven(JobKeys.Steps) ? (epochs, steps) : (JobKeys.DefaultEpochs, null);
    }

    private ScalingRecipe? Scaling()
    {
        var rule = _keys.Text(JobKeys.ScalingRule);
        var referenceBatch = _keys.Count(JobKeys.ScalingReferenceBatch);
        var warmupFrom = _keys.Text(JobKeys.ScalingWarmupFrom);
        return rule is null || referenceBatch is null || warmupFrom is null ? null : new ScalingRecipe(rule, referenceBatch.Value, warmupFrom);
    }

    private BatchNormRecipe? BatchNorm(int? workers)
    {
        var scope = (BatchNormScope?)_keys.Value(BatchNormKeys.Scope);
        if (scope is { Kind: BatchNormScopeKind.Group } group && workers % group.Size is > 0)
            Refuse(BatchNormKeys.Scope, $"groups of {group.Size} ranks do not divide {workers} workers; use a divisor of {workers}");
        var evaluation = _keys.Text(BatchNormKeys.Evaluation);
        var momentum = _keys.Number(BatchNormKeys.Momentum);
        var epsilon = _keys.Number(BatchNormKeys.Epsilon);
        return scope is null || evaluation is null || momentum is null || epsilon is null ? null : new BatchNormRecipe(scope.Value, evaluation, momentum.Value, epsilon.Value);
    }

    private RenormRamp? Renorm()
    {
        var (rMax, dMax) = (_keys.Number(BatchNormKeys.RenormRMax), _keys.Number(BatchNormKeys.RenormDMax));
        var (start, rEnd, dEnd) = (_keys.Number(BatchNormKeys.RenormRampStart), _keys.Number(BatchNormKeys.RenormRRampEnd), _keys.Number(BatchNormKeys.RenormDRampEnd));
        if (rMax is null || dMax is null || start is null || rEnd is null || dEnd is null)
            return null;
        foreach (var (key, end) in new[] { (BatchNormKeys.RenormRRampEnd, rEnd), (BatchNormKeys.RenormDRampEnd, dEnd) })
        {
            if (end < start)
                Refuse(key, FormattableString.Invariant($"{end} lies before rampStart, {start}; let it end there or later"));
        }

        return new RenormRamp(rMax.Value, dMax.Value, start.Value, rEnd.Value, dEnd.Value);
    }

    private NumericsRecipe? Numerics()
    {
        var policy = _keys.Text(NumericsKeys.Policy);
        var outlierFactor = _keys.Number(NumericsKeys.OutlierFactor);
        var replayCheck = _keys.Count(NumericsKeys.ReplayCheck);
        return policy is null || outlierFactor is null || replayCheck is null ? null : new NumericsRecipe(policy, outlierFactor.Value, replayCheck.Value);
    }

    private UpdateProbeRecipe? UpdateProbe()
    {
        int? Count(JobKey key, int fallback) => _keys.IsGiven(key) ? _keys.Count(key) : fallback;
        var what = _keys.IsGiven(UpdateProbeKeys.What) ? _keys.Text(UpdateProbeKeys.What) : UpdateProbes.CriticalSharpness;
        var (every, examples, products) = (
            Count(UpdateProbeKeys.EverySteps, 0), Count(UpdateProbeKeys.Examples, ProbeChoices.DefaultExamples), Count(UpdateProbeKeys.Products, UpdateProbeRecipe.DefaultProducts));
        if (what is null || every is null || examples is null || products is null)
            return null;
        // What is ignored is as if it were not there.
        if (every == 0)
            return new UpdateProbeRecipe(0, UpdateProbes.CriticalSharpness);
        var probe = new UpdateProbeRecipe(every.Value, what);
        return probe.IsCurvature ? probe with { Examples = examples.Value, Products = products.Value } : probe;
    }

    private void Refuse(JobKey key, string rule, JobKey? at = null) =>
        _findings.Add(_keys.OriginOf((at ?? key).Path), key.Path, rule);
}
